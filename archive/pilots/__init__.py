"""A pilot, read: its cases, and what they say of the new way of working."""
