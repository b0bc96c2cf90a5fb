"""The technical documentation that the EU AI Act asks of high-risk systems, and what a card says of it.

Source: Regulation (EU) 2024/1689, Annex IV.
"""

from __future__ import annotations

from importlib import resources


def annex_table() -> str:
    """Return the items of Annex IV: what each asks, what the card gives, what a person must write; as Markdown."""
    return (resources.files(__package__) / "annex.md").read_text(encoding="utf-8").rstrip()
