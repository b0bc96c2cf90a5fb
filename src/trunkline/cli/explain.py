"""The verb that explains gates and monitors: explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from trunkline.core.errors import NotFoundError, PolicyError, TrunklineError
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.verdicts import Evaluation

from . import output
from .terminal import visible

if TYPE_CHECKING:
    from trunkline.core.gate import Gate
    from trunkline.core.policy.section import Section


@click.command()
@click.argument("gate", default="")
@click.option("--markdown", is_flag=True, help="Print the whole catalogue as Markdown (docs/gates.md).")
@click.pass_context
def explain(ctx: click.Context, gate: str, markdown: bool) -> None:
    """Explain a gate or a monitor: what it asks, how, and what to do. Without GATE, list them all.

    GATE is a name as on a report (fairness/sex/demographic-parity) or a room (fairness, monitoring). In a project
    whose bundle was judged, the last answer follows.
    """
    room, _, name = gate.strip("/").partition("/")
    if room == "monitoring":
        _explain_monitors(ctx, name, markdown=markdown)
        return
    from trunkline.core.gate import gates
    from trunkline.evaluation.reports import catalogue, rooms

    if markdown:
        click.echo(catalogue.catalogue_markdown(), nl=False)
        return
    project, broken = _project(ctx)
    strangers = {type(one): one.rules for one in project.strangers} if project and not broken else {}
    room = gate.strip("/")
    every = (*gates(), *strangers)
    if room in ("", *(entry.room() for entry in every)):
        listed = [entry for entry in every if room in ("", entry.room())]
        width = max(len(entry.name) for entry in listed) + 2
        for name, entries in rooms.by_room(listed, lambda one: one.name).items():
            click.echo(click.style(rooms.ROOMS.get(name, name), bold=True))
            for entry in entries:
                click.echo(f"  {entry.name:<{width}}{entry.question}")
        if not room:
            _explain_monitors(ctx, "")
        click.echo("`trunkline explain <gate>` says how it is measured and what to do.")
        return
    if room.startswith("rollout/"):
        raise NotFoundError(
            f"{room} is no gate: `trunkline rollout` asks it of a stage on live traffic.",
            next_step="`trunkline schema` says what the keys under `rollout` mean",
        )
    try:
        entry = catalogue.entry_of(gate, strangers=tuple(strangers))
    except NotFoundError:
        from trunkline.monitoring.catalogue import ROOM, monitor_names

        monitors = monitor_names(project.packages if project and not broken else ())
        if room in monitors:
            _explain_monitors(ctx, room)
            return
        # The names of this project's own gates are closer than the patterns.
        judged = _last_evaluation(project)
        known = [one.gate for one in judged.verdicts] if judged else []
        known += [f"{ROOM}/{monitor}" for monitor in monitors]
        entry = catalogue.entry_of(gate, known=known, strangers=tuple(strangers))
    _show_entry(entry, None if broken else project, strangers.get(entry))
    if broken is not None:
        click.echo("\nThese are the defaults, because this project's policy cannot be read:")
        raise broken
    if project is not None:
        _show_answers(entry, gate, _last_evaluation(project))


def _explain_monitors(ctx: click.Context, name: str, *, markdown: bool = False) -> None:
    if markdown:
        from trunkline.monitoring import catalogue

        click.echo(catalogue.monitors_markdown(), nl=False)
        return
    from .explain_monitors import explain_monitors

    project, broken = _project(ctx)
    explain_monitors(name, project, say=_say)
    if broken is not None and name:
        click.echo("\nThese are the defaults, because this project's policy cannot be read:")
        raise broken


def _project(ctx: click.Context) -> tuple[Project | None, TrunklineError | None]:
    """Return the project that the call is about, and what is wrong with its policy.

    Where there is no project, or none whose policy can be read, gates are explained all the same.
    """
    try:
        project = output.project_of(ctx)
    except PolicyError:
        return None, None
    try:
        _ = project.policy, project.strangers
    except TrunklineError as error:
        return project, error
    return project, None


def _last_evaluation(project: Project | None) -> Evaluation | None:
    if project is None:
        return None
    from trunkline.loop.gates import explaining

    return explaining.last_evaluation(project)


def _show_entry(entry: type[Gate[Any]], project: Project | None, rules: Section | None) -> None:
    from trunkline.evaluation.reports import catalogue

    click.echo(click.style(entry.name, bold=True))
    click.echo(f"{entry.question}\n")
    said = entry.explanation()
    _say("how", said.measured)
    for outcome, text in said.outcomes():
        _say(outcome, text, colour=output.COLOURS[outcome])
    _say("what to do", said.advice)
    for one in catalogue.settings_of(entry, project.policy if project else None, rules):
        words = f"{one.key}: {one.value}" + (
            "" if one.value == one.default else f" (by default {one.default})"
        )
        _say("policy", f"{words}. {one.meaning}")
    if said.source:
        _say("source", said.source)


def _show_answers(entry: type[Gate[Any]], gate: str, judged: Evaluation | None) -> None:
    click.echo()
    if judged is None:
        click.echo("This project's model, as it stands, was not judged yet: `trunkline evaluate`.")
        return
    alike = [verdict for verdict in judged.verdicts if entry.matches(verdict.gate)]
    # A pattern asks for all of its kind; a name for itself, never for a sibling.
    answers = alike if gate == entry.name else [verdict for verdict in alike if verdict.gate == gate]
    judged_words = f"of bundle {short(judged.bundle)}, judged {judged.created:%Y-%m-%d %H:%M} UTC"
    if not answers:
        others = ", ".join(verdict.gate for verdict in alike)
        click.echo(
            f"The evaluation {judged_words}, did not ask {gate}."
            + (f" It asked {others} of this kind." if others else "")
        )
        return
    click.echo(f"The last answer {judged_words}:")
    for verdict in answers:
        note = f" (waived by {verdict.waiver.owner} until {verdict.waiver.expires})" if verdict.waiver else ""
        click.echo(f"{output.word(verdict.outcome)}{visible(verdict.gate + note)}: {visible(verdict.reason)}")
        if verdict.outcome != "pass" and verdict.advice:
            _say("what to do", verdict.advice)
        if verdict.figures:
            output.table(
                ("figure", "group", "value", "interval", "rows"),
                (
                    (
                        figure.name,
                        figure.group,
                        f"{figure.value:.4g}",
                        f"{figure.interval.low:.4g} to {figure.interval.high:.4g}" if figure.interval else "",
                        f"{figure.rows:,}",
                    )
                    for figure in verdict.figures
                ),
            )


def _say(name: str, text: str, *, colour: str | None = None) -> None:
    """Show a named paragraph, wrapped beside its name."""
    words = click.wrap_text(text.strip(), width=108, initial_indent=" " * 14, subsequent_indent=" " * 14)
    click.echo(click.style(f"{name:<14}", fg=colour, bold=True) + words.lstrip())
