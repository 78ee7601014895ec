"""One verb, one file, one callable."""
