"""A session: its trials one after the other, each stored before the next begins."""
