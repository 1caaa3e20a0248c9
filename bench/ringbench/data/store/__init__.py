"""Sessions on disk: what a file holds, how it is written so that nothing is lost, and how it is read with distrust."""
