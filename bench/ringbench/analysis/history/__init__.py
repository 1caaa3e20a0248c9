"""Figures over many sessions of one machine: series, their steps, and the page that draws them."""
