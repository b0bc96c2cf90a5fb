"""Fairness: do answers and errors differ between groups of people."""
