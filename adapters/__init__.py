"""How each port is met: one folder a technology, files named as the port they serve."""
