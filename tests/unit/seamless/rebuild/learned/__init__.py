"""What is learned from a log."""
