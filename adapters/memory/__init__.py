"""Every port in memory: fast, honest, selectable; nothing outlives the process."""
