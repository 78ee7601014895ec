"""Sums that a compiler might work out beforehand, and that have no end."""

try:
    x = "x" * (1 << 46)
    y = (1,) * (1 << 46)
except (MemoryError, OverflowError):
    print("held")
