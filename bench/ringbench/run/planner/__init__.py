"""From a profile and the user's options to a plan."""
