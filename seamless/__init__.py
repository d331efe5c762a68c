"""What people touch: the command line, the demonstration, the replay of logs."""
