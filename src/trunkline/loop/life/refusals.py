"""Refusals of a retraining that are answers: the tool worked, and there is no new version all the same."""

from __future__ import annotations

from trunkline.core.errors import DataError, GateFailed, GateInconclusive, PolicyError


class NothingNew(DataError):
    """The champion has learned from these very rows."""


class RetrainingWaits(PolicyError):
    """A challenger is being judged; another version cannot take its place before that is over."""


ANSWERS = (GateFailed, GateInconclusive, NothingNew, RetrainingWaits)
"""What turns no schedule red."""
