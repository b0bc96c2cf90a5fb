"""Texts that may hold users' names and values, in a form that Markdown shows as they are.

Signs become HTML entities: these mean nothing in a table, a link, a formula or a mention, and a terminal gets the signs
back by `html.unescape`.
"""

from __future__ import annotations

import re
import unicodedata

_CODE = re.compile(r"(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)")
_SIGNS = re.compile(r"[&<@$*\\`]|!\[|\]\(|#(?=\d)|~(?=~)|(?<!\w)_|_(?!\w)|^[#>+=-]")


def unseen(sign: str) -> bool:
    """Return whether a sign steers what shows a text: control, direction, half a character. Joiners do not."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") and sign not in "\u200c\u200d"


def one_line(text: str) -> str:
    """Return a text as one line without signs that cannot be seen: control characters, marks of direction."""
    return " ".join("".join(" " if unseen(sign) else sign for sign in text).split())


def plain(text: str) -> str:
    """Return one line that neither breaks a table nor is read as HTML, a link, a formula or a mention.

    What stands between backticks stays code, for our own sentences name commands in it.
    """
    text = one_line(text)
    parts, end = [], 0
    for span in _CODE.finditer(text):
        parts += [_harmless(text[end : span.start()]), span.group().replace("|", "\\|")]
        end = span.end()
    return "".join([*parts, _harmless(text[end:])])


def cell(text: str) -> str:
    """Return a text of about 300 letters that may hold users' values, as Markdown shows it and notifies nobody."""
    shown = plain(text[:300])
    # A sign may take six letters, and a forge bounds the whole.
    return shown if len(shown) <= 300 else plain(text[: 300 * 300 // len(shown)])


def code(value: str) -> str:
    """Return a value as code in a table cell or a line, where only these two signs have a meaning."""
    return "`" + one_line(value).replace("`", "'").replace("|", "\\|") + "`"


def _harmless(text: str) -> str:
    return _SIGNS.sub(_entity, text).replace("|", "\\|")


def _entity(found: re.Match[str]) -> str:
    sign = found.group()
    named = {"&": "&amp;", "<": "&lt;"}
    return named.get(sign) or "".join(f"&#{ord(one)};" if one not in "!]" else one for one in sign)
