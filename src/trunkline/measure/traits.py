"""Traits: what answers hold, so that a metric, a gate or a picture says what it needs and asks for no task."""

from __future__ import annotations

from typing import Literal

Trait = Literal["amounts", "classes", "two classes", "positive", "directed", "probabilities"]
"""Numbers to be near to; labels to be equal to; two of them; one that counts as being selected; an answer that can be
higher than another; how likely each class is."""
