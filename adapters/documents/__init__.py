"""What several stores write alike: the one room among adapters that others may use."""
