"""Rendering: what the gates said, put into the templates of report, page, card and catalogue."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from trunkline.core.figures import Figure
from trunkline.core.markdown import code, plain
from trunkline.core.record import short
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of
from trunkline.measure.wording import between, number, outcome_word, percent

from .charts import difference_chart, group_chart
from .rooms import by_urgency

LONGEST_CELL = 700
"""Characters of a reason in a table; the page has all of it."""


def render(template: str, **facts: object) -> str:
    """Return a template with these facts; in Markdown, what is left out leaves no more than one empty line."""
    text = _environment().get_template(template).render(**facts)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n" if template.endswith(".md") else text


def shortened(text: str, most: int = LONGEST_CELL) -> str:
    """Return text of at most `most` characters, cut at a word."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rpartition(" ")[0] + " …"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("trunkline.evaluation.reports"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "between": between,
        "by_urgency": by_urgency,
        "code": code,
        "coded": _coded,
        "difference_chart": difference_chart,
        "group_chart": group_chart,
        "number": number,
        "percent": percent,
        "plain": plain,
        "quoted": shlex.quote,
        "rule": lambda column: input_of(column).rule(),
        "short": short,
        "shortened": shortened,
        "span": _span,
        "tally": _tally,
        "thousands": "{:,}".format,
        "word": outcome_word,
    }
    return environment


def _span(figure: Figure) -> str:
    span = figure.interval
    return f"{number(span.low)} to {number(span.high)}" if span else ""


def _tally(verdicts: Iterable[Verdict]) -> str:
    """Return how many verdicts have which answer: `1 fail; 3 pass`."""
    found = Counter(outcome_word(verdict).lower() for verdict in by_urgency(verdicts))
    return "; ".join(f"{count} {word}" for word, count in found.items())


def _coded(text: str) -> Markup:
    """Return text as HTML in which what stands between backticks is code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before
