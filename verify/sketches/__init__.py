"""What a sketch is made of: its vectors, its record, and the search for the wrong elements."""
