"""From the domain to what readers may see of it."""
