"""Robustness: what must not change an answer, or not by much."""
