"""Plug-ins for ringbench, one file each. None of them changes a line of ringbench."""
