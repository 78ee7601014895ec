"""What takes wake-ups from a queue and calls the use cases."""
