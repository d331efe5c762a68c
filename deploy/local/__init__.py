"""The platform on one machine: real engines, topics, and one process per worker."""
