"""What the analysis of order found (bench.order), in words, tables and timelines."""
