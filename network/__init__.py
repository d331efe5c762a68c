"""The Kafka side, shared by everybody who speaks on the network."""
