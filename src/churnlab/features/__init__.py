"""Feature families: functions from a history to described columns."""
