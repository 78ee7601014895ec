"""Passwords and tokens, and the keys behind them."""
