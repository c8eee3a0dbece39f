"""Names the likely mistake: the wrong numbers as a transform of the right ones and of what is at hand."""
