"""Drafts: a first contract, read from a file of rows."""

from .draft import Answers, Draft, Line, draft
from .observed import Holds, Observed, observe
from .readings import COLUMN
from .table import Table, read_table

__all__ = [
    "COLUMN",
    "Answers",
    "Draft",
    "Holds",
    "Line",
    "Observed",
    "Table",
    "draft",
    "observe",
    "read_table",
]
