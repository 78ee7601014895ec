"""What is kept in a file of its own, through the standard library."""
