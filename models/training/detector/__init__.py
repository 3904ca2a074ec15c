"""The licence plate detector: its network, the scenes it learns from, its training, measuring and export."""
