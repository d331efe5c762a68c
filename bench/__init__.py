"""What the platform costs, against a bare Temporal program that asks and is answered as often."""
