"""Drafts: a first contract, read from a file of rows."""

from .draft import Answers, Draft, Line, draft
from .observed import Observed, observe
from .table import Table, read_table

__all__ = ["Answers", "Draft", "Line", "Observed", "Table", "draft", "observe", "read_table"]
