"""Which one change of a formula's own source makes it right."""
