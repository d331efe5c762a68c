"""What every process shares: settings, logs, metrics, the Temporal client, starting and stopping."""
