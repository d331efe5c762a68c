"""What is learned from a log for predictions: working times, runs, what a swap of times would change."""
