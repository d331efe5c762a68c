"""The state of an installation: what ``seamless status`` asks for, and what needs a person."""
