"""Procedures, one file each, and the case library they are on. Deterministic: no clock, chance or I/O."""
