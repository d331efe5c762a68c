"""What operators do about cases that do not go on: ending them, and recovering them after a restore."""
