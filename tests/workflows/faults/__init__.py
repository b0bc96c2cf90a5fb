"""Planted faults: changes of a good repository, each with the checker that must catch it."""

from . import flow, shape, supply, trust, uncaught
from .everywhere import EVERYWHERE, Everywhere
from .fault import GOOD, Fault

FAULTS: tuple[Fault, ...] = (
    *shape.FAULTS,
    *trust.FAULTS,
    *supply.FAULTS,
    *flow.FAULTS,
    *uncaught.FAULTS,
)

__all__ = ["EVERYWHERE", "FAULTS", "GOOD", "Everywhere", "Fault"]
