"""Stored data and pure functions of it: sessions on disk, metrics, order and statistics."""
