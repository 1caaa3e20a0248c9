"""The suite tested against itself: the same again, and injected costs."""
