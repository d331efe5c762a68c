"""What an operator does about cases that do not go on: ending them, and recovering them after a restore."""
