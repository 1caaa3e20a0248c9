"""The order of a session's recorded events, in words and tables."""
