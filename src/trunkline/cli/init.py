"""The verb of the first day with data of one's own: init."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trunkline.core.errors import DataError

from . import output

if TYPE_CHECKING:
    from trunkline.data.drafts import Answers, Observed


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--outcome", help="The column that the model predicts.")
@click.option("--key", help="The column that names each row; '' for none.")
@click.option("--user", help="The column that names whom several rows are about; '' for none.")
@click.option("--time", "time_", help="The column that says when it happened; '' for none.")
@click.option(
    "--protected", multiple=True, help="A column whose groups are compared; several times; '' for none."
)
@click.option("--positive", help="The class whose probability the model gives; for two classes only.")
@click.option(
    "--classes/--amounts",
    "of_classes",
    default=None,
    help="Whether the outcome is a class or an amount, where it may be both.",
)
@click.option(
    "--day-first/--month-first", "day_first", default=None, help="How to read dates such as 01/02/2024."
)
@click.option("--replace", is_flag=True, help="Replace files that are not committed, too.")
@click.pass_context
def init(
    ctx: click.Context,
    file: Path,
    outcome: str | None,
    key: str | None,
    user: str | None,
    time_: str | None,
    protected: tuple[str, ...],
    positive: str | None,
    of_classes: bool | None,
    day_first: bool | None,
    replace: bool,
) -> None:
    """Write the contract, the other three files and the policy from a file of rows.

    Takes CSV, Parquet or JSON lines. In a terminal it asks for what no option says. Elsewhere it goes by the names of
    the columns, and refuses what they do not tell.
    """
    from trunkline.data.drafts import Answers
    from trunkline.data.drafts import likely as names
    from trunkline.loop.model import beginning

    project = output.project_of(ctx)
    output.progress(f"reading {file.name}")
    source = beginning.read_source(file, day_first=day_first)
    columns = source.columns
    output.table(
        ("column", "holds", "missing"), ((one.name, _holds(one), f"{one.missing:,}") for one in columns)
    )
    outcome = _said(outcome, "Which column does the model predict?", names.likely_outcome(columns))
    if not outcome:
        raise DataError(
            "Nobody said which column the model predicts.",
            value=[one.name for one in columns],
            next_step="say --outcome NAME",
        )
    rest = [one for one in columns if one.name != outcome]
    answers = Answers(
        outcome=outcome,
        key=_said(key, "Which column names each row?", names.likely_key(rest), none=True),
        user=_said(
            user, "Which column names whom several rows are about?", names.likely_user(rest), none=True
        ),
        time=_said(time_, "Which column says when it happened?", names.likely_time(rest), none=True),
        protected=_protected(protected, names.likely_protected(rest)),
        positive=_positive(positive, next((one for one in columns if one.name == outcome), None)),
        of_classes=of_classes,
    )
    begun = beginning.begin(project, source, answers, replace=replace)
    _show(begun.draft.contract.task, answers)
    for name in begun.written:
        output.result("written", name)
    output.result("rows", begun.file)
    for name, reason in begun.draft.left_out.items():
        output.result("left out", f"{name}: {reason}")
    if begun.draft.unlabelled:
        output.result("left out", f"{begun.draft.unlabelled:,} rows without an outcome")
    for open_ in begun.draft.open:
        output.result("decide", open_)
    rows, asked = len(source.table.frame) - begun.draft.unlabelled, project.policy.data.minimum_rows
    if rows < asked:
        output.result(
            "decide", f"{rows:,} rows are fewer than data.minimum_rows of trunkline.yaml: {asked:,}"
        )
    if begun.large:
        output.result(
            "decide", f"{begun.file} is large for git: let load() get it from a bucket or a database"
        )
    output.result("next", "read contract.py, then make check")


def _show(task: str, answers: Answers) -> None:
    said = {
        "outcome": f"{answers.outcome}, {task}",
        "key": answers.key,
        "user": answers.user,
        "time": answers.time,
        "protected": ", ".join(answers.protected or ()),
        "positive": answers.positive,
    }
    for name, value in said.items():
        if value:
            output.result(name, value)


def _holds(one: Observed) -> str:
    if one.amounts:
        return f"{one.holds}, {one.least:,.10g} to {one.most:,.10g}"
    return f"{one.holds}, {one.distinct:,} of them" if one.longest else one.holds


def _asked() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _said(given: str | None, question: str, likely: str, *, none: bool = False) -> str:
    if given is not None:
        return given
    if not _asked():
        return likely
    answer: str = click.prompt(
        f"{question}{' (- for none)' * none}", default=likely or ("-" if none else None)
    )
    return "" if answer.strip() == "-" else answer.strip()


def _protected(given: tuple[str, ...], likely: tuple[str, ...]) -> tuple[str, ...] | None:
    if given:
        return tuple(name for name in given if name)
    if not _asked():
        return None
    hint = f"; by their names perhaps {', '.join(likely)}" if likely else ""
    answer: str = click.prompt(f"Which columns are protected attributes? (commas between, - for none{hint})")
    return tuple(name for name in (part.strip() for part in answer.split(",")) if name not in ("", "-"))


def _positive(given: str | None, outcome: Observed | None) -> str:
    from trunkline.data.drafts.likely import likely_positive

    if (
        given is not None
        or outcome is None
        or len(outcome.values) != 2
        or not (outcome.amounts or outcome.longest)
    ):
        return given or ""
    return _said(
        None,
        f"Which is the positive class, {outcome.values[0]} or {outcome.values[1]}?",
        likely_positive(outcome),
    )
