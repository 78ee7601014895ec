"""What needs no server where there is one process: wake-ups, progress, rate limits."""
