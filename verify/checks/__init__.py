"""What a row of the catalogue can be held to, one kind of check a file."""
