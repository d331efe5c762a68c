"""The simulation: the real code in one process, on fakes of Kafka, Temporal and the clock that fail by
seed."""
