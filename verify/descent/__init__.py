"""The parts of a training: its sides, its rulers at the same parameters, and why its curves part."""
