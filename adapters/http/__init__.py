"""Calls over HTTP to addresses that others name."""
