"""Independent sources of the derivative, one file an oracle."""
