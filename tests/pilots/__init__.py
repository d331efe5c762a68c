"""Pilots on real servers: one that is adopted, and one that is worse and given up by itself."""
