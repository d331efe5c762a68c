"""What operators watch the platform by, tried with the programs that they use."""
