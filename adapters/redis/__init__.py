"""What processes share that may be forgotten: rate limits and recent events."""
