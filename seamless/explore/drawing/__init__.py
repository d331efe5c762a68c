"""Drawing a procedure from what exploring it found."""
