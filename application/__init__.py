"""What Assay does: ports (what it needs) and use cases (what can be asked of it)."""
