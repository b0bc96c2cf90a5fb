"""Marks in the text of issues and comments by which the next run knows its own; people do not see them."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote, unquote

Kind = Literal["comment", "issue"]

LONGEST = 65_536
"""Characters that GitHub takes in one text."""
_CUT = "\n\n*The rest is cut: GitHub takes no more than 65,536 characters.*"
_MARK = re.compile(r"\n*<!-- trunkline:(comment|issue)=(\S+) -->\s*$")


def marked(body: str, kind: Kind, name: str) -> str:
    """Return a text with its mark at the end, cut to what GitHub takes; an empty name leaves no mark."""
    mark = f"\n\n<!-- trunkline:{kind}={quote(name, safe='/:._')} -->" if name else ""
    room = LONGEST - len(mark)
    if len(body) > room:
        body = body[: room - len(_CUT)] + _CUT
    return body + mark


def unmarked(text: str, kind: Kind) -> tuple[str, str]:
    """Return a text without its mark, and the name in the mark: empty when there is none of this kind."""
    text = text.replace("\r\n", "\n")
    found = _MARK.search(text)
    if not found or found[1] != kind:
        return text, ""
    return text[: found.start()], unquote(found[2])
