"""What a release promised to those who connected, and that the code of today keeps it."""
