"""What a terminal may be given: texts may come from outside, and a terminal obeys some of their signs."""

from __future__ import annotations

from trunkline.core.markdown import unseen


def visible(text: str) -> str:
    """Return a text whose control characters and marks of direction are spelled out; ends of lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(ascii(sign)[1:-1] if unseen(sign) and sign not in "\n\t" else sign for sign in text)
