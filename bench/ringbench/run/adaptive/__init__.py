"""Plans that grow while their session goes on: until an interval is narrow, or until a size is found."""
