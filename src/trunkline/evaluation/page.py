"""The page: an evaluation as one HTML file that needs nothing else to be looked at."""

from __future__ import annotations

import base64

from jinja2 import Environment, PackageLoader, StrictUndefined

from trunkline.core.contract import Contract
from trunkline.core.record import short
from trunkline.core.records import Evaluation, Figure

from .plots import plots
from .report import by_urgency
from .scored import Scored, pair_scored
from .wording import number, outcome_word


def report_page(
    evaluation: Evaluation, test: Scored, champion: Scored | None, contract: Contract, *, title: str = ""
) -> str:
    """Return the page: verdicts with their figures, plots, figures by group; pictures are within the text.

    `test` and `champion` are the answers that were judged; the same arguments give the same page.
    """
    other = pair_scored(champion, contract, beside=test) if champion is not None else None
    pictures = plots(evaluation, pair_scored(test, contract, beside=champion), other)
    environment = Environment(
        loader=PackageLoader("trunkline.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "short": short, "span": _span}
    return environment.get_template("page.html").render(
        title=title or contract.name,
        evaluation=evaluation,
        verdicts=[(verdict, outcome_word(verdict)) for verdict in by_urgency(evaluation.verdicts)],
        overall=[figure for figure in evaluation.figures if not figure.group],
        by_group=[figure for figure in evaluation.figures if figure.group],
        pictures=[
            (name.replace("-", " "), base64.b64encode(picture).decode()) for name, picture in pictures.items()
        ],
    )


def _span(figure: Figure) -> str:
    span = figure.interval
    return f"{number(span.low)} to {number(span.high)}" if span else ""
