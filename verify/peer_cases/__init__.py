"""Gradients, right and wrong, that other checks are known to misjudge; and what is said of them here."""
