"""Entries: the same service where a cloud calls it in its own way."""
