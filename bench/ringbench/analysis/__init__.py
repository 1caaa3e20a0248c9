"""What stored rows mean: cells, comparisons, findings, advice. It knows stored data only."""
