"""One trial in a process of its own, a file for each mode."""
