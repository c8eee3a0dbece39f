"""Wrong formulas that must be caught: the mistakes people make, put by rule into every formula that they fit."""
