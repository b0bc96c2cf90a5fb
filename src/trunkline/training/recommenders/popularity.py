"""Popularity: everybody gets what most people took; the bar that any other recommender has to pass."""

from __future__ import annotations

from .recommender import Recommender


class Popularity(Recommender):
    """The most popular items, the newest rows counting most, without what the user has already."""
