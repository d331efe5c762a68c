"""The two engines of one machine, as child processes: a real Kafka broker and a real Temporal server.

Both come from Python packages (and pinned jars), so nothing has to be installed beside Python.
"""
