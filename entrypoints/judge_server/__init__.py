"""Judge0's HTTP API over the sandbox of this machine."""
