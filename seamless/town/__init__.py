"""A day at the city: every party of the directory simulated, on Kafka, against a real platform."""
