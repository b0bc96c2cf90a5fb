"""Batch scoring: the rows of files are answered as the service answers them, and logged alike.

The input is cut into pieces. Each is scored whole or not at all, its files and its part of the log have names of their
own, and so a run that was killed goes on with what is not done: no row is lost, and none is there twice.
"""

from .begin import begin, kept_run, require_same
from .end import done_pieces, finish
from .pieces import Piece, Run, Scored
from .places import Address, address_of
from .work import Means, Order, loaded
from .workers import here, on_dask

__all__ = [
    "Address",
    "Means",
    "Order",
    "Piece",
    "Run",
    "Scored",
    "address_of",
    "begin",
    "done_pieces",
    "finish",
    "here",
    "kept_run",
    "loaded",
    "on_dask",
    "require_same",
]
