"""What can be asked for: trials, plans, wake-ups, waits, loads and the records of events. Frozen data, no I/O."""
