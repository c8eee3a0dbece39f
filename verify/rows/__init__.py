"""The rows of the catalogue, by subject: what each formula is held to, and the wrong twins that must be refuted."""
