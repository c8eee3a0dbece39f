"""Numbers that the formulas run on unchanged: running bounds, balls, jets, guarded complex numbers."""
