"""Metrics, resampling by unit, intervals, multiplicity, and how figures are worded."""
