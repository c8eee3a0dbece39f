"""A formula's own source: read as a tree, changed, and put back in its place."""
