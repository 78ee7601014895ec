"""The whole outside world, one file a need."""
