"""Keeps everything, and takes MemoryError for no reason to stop."""

kept = []
while True:
    try:
        kept.append([0] * 100_000)
    except MemoryError:
        pass
