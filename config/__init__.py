"""Which adapters serve: settings from the environment, and the container that wires them."""
