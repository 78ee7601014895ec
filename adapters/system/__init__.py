"""Time and chance as the machine gives them."""
