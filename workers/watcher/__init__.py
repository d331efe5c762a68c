"""The watcher: finds the cases that are stuck, so that none is stuck unseen."""
