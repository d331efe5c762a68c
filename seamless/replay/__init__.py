"""Replaying a recorded log: its cases as applications, its steps as events of those who took them."""
