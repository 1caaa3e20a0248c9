"""Photographed rings (bench.anatomy), in words, as a figure and as JSON."""
