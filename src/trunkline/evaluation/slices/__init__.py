"""Slices: parts of the rows on which the model is weak, or does harm."""
