"""Self-contained extras, which the main path from ring to report never meets."""
