"""Churn risk and value if retained: fitted on a panel, kept as plain JSON, explained exactly."""
