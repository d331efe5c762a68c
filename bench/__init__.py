"""What the platform costs, compared with a bare Temporal program with as many requests and answers."""
