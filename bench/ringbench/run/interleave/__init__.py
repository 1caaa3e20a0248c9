"""Two versions or two settings measured in turn."""
