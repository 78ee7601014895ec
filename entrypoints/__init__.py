"""Who asks: HTTP, the worker, the command line."""
