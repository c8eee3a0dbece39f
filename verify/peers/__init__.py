"""Other people's gradient checks, put to a problem of ours with their own defaults."""
