"""Recommenders: estimators that give a user or a context the best items of a catalogue."""

from __future__ import annotations

from .neighbours import Neighbours
from .popularity import Popularity
from .recommender import Recommender

__all__ = ["Neighbours", "Popularity", "Recommender"]
