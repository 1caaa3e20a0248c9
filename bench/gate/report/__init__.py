"""What the gate found, for people and for machines: one file a form."""
