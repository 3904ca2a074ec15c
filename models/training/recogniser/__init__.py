"""The network that reads a plate, and its training."""
