"""One unit moved in all examples at once: what every weight of it does to J follows."""
