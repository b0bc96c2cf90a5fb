"""Ranking: the answer is the best items for a user or a context, each with its score."""
