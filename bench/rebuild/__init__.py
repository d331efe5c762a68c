"""What rebuilding a procedure rests on, measured on real logs: ``python -m bench.rebuild``."""
