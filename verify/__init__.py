"""The one place that sees both sides: oracles, verdicts, the catalogue."""
