"""Judge: every gate asked about a bundle, against the champion, and the reports written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pandas as pd

from trunkline import data, evaluation
from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError, GateFailed, GateInconclusive
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short, write_atomically
from trunkline.core.snapshots import DataLock, Window
from trunkline.core.verdicts import Evaluation, Verdict
from trunkline.evaluation import Scored
from trunkline.inputs.interface import decision_change, same_question
from trunkline.loop.model.answers import ask, opened
from trunkline.loop.versions.bundles import champion_of

from .runs import kept_verdicts, run_folder


@dataclass(frozen=True)
class Judged:
    """A bundle with its evaluation, the answers it rests on, and where the reports lie."""

    bundle: Bundle
    evaluation: Evaluation
    folder: Path
    test: Scored
    champion: Scored | None

    @cached_property
    def pictures(self) -> dict[str, bytes]:
        """Return what page and card show, by name, as SVG."""
        return evaluation.card_pictures(self.evaluation, self.test, self.champion, self.bundle.contract)

    @property
    def markdown(self) -> Path:
        """Return the report for a pull request."""
        return self.folder / "report.md"

    @property
    def page(self) -> Path:
        """Return the report for a browser."""
        return self.folder / "report.html"

    @property
    def junit(self) -> Path:
        """Return the report that lets continuous integration show gates as tests."""
        return self.folder / "junit.xml"


def judge(
    project: Project, bundle: Bundle, *, progress: Progress, rooms: Collection[str] = evaluation.ROOMS
) -> Judged:
    """Ask every gate about a bundle, against the champion that the desired state names, and write the reports.

    With fewer `rooms`, the gates of the others are left out: that is no evaluation, and nothing of it is kept.
    """
    policy = project.policy
    snapshot = data.open_snapshot(project, bundle.manifest.lineage.snapshot)
    contract, test = bundle.contract, snapshot.test()
    champion = champion_of(project, progress=progress)
    whole = set(rooms) >= set(evaluation.ROOMS)
    origin = bundle.manifest.lineage.origin
    with opened(bundle) as model:
        scored = ask(model, test, contract)
        unlike = _another_question(champion.contract, contract) if champion is not None else ""
        rival, silent = (None, "")
        if champion is not None and not unlike:
            rival, silent = _answers_of(champion, test)
        case = evaluation.Case(
            contract=contract,
            policy=policy,
            test=scored,
            train=ask(model, snapshot.development(), contract),
            champion=rival,
            silent=silent,
            unlike=unlike,
            elsewhere=origin.unknown() if origin else "",
            ask=lambda rows: ask(model, rows, contract),
            metrics=project.metrics(),
            progress=progress,
        )
        before: tuple[Verdict, ...] = ()
        if whole:
            data_said = data_verdicts(project, snapshot, champion, bundle.manifest.decision)
            if origin:
                data_said = tuple(origin.qualified(verdict) for verdict in data_said)
            before = (*data_said, *kept_verdicts(project, bundle.digest))
        figures, verdicts = evaluation.judge(
            case,
            before=before,
            today=datetime.now(UTC).date(),
            rooms=rooms,
            strangers=project.strangers,
        )
    judgement = Evaluation(
        bundle=bundle.digest,
        champion=champion.digest if champion else "",
        snapshot=snapshot.digest,
        created=datetime.now(UTC),
        figures=figures,
        verdicts=verdicts,
        runtime=bundle.manifest.runtime,
        parity=bundle.manifest.parity,
    )
    judged = Judged(bundle, judgement, run_folder(project, bundle.digest), scored, rival)
    if whole:
        _write(judged, policy.name)
    return judged


def data_verdicts(
    project: Project, snapshot: data.Snapshot, champion: Bundle | None, decision: Decision | None
) -> tuple[Verdict, ...]:
    """Return what the gates of data say of a snapshot, and of the contract and decision of what it makes."""
    rules = project.policy.gates
    return (
        *data.check_snapshot(
            snapshot,
            project.policy.data,
            rules,
            previous=previous_lock(project, champion),
            schema=data.project_schema(project),
            follows=_follows(project, snapshot.digest),
        ),
        data.check_interface(
            data.InterfaceCase(
                champion.contract if champion else None,
                snapshot.contract,
                rules.data,
                decision_change(champion.manifest.decision, decision) if champion else (),
            ),
            rules,
        ),
    )


def _write(judged: Judged, model: str) -> None:
    judgement = judged.evaluation
    judgement.write(judged.folder / "evaluation.json")
    title = f"{model}, bundle {short(judged.bundle.digest)}"
    page = evaluation.report_page(judgement, judged.pictures, title=title)
    for path, text in (
        (judged.markdown, evaluation.report_markdown(judgement, title=title)),
        (judged.page, page),
        (judged.junit, evaluation.junit_xml(judgement)),
    ):
        write_atomically(path, text.encode())


def _another_question(learned: Contract, contract: Contract) -> str:
    """Return why no comparison of answers can mean anything, whatever is done about it; empty where one can."""
    if not same_question(learned, contract):
        return (
            f"The champion answers another question: {learned.outcome.name} ({learned.task}), "
            f"and this model {contract.outcome.name} ({contract.task})."
        )
    if strange := sorted({*learned.outcome.categories} - {*contract.outcome.categories}):
        return f"The champion answers {', '.join(strange)} too, which the contract no longer has."
    return ""


def _answers_of(champion: Bundle, rows: pd.DataFrame) -> tuple[Scored | None, str]:
    """Return what the champion answers to rows of a later contract, or None and why it has no answer to them."""
    learned = champion.contract
    gone = [column.name for column in learned.features if column.name not in rows.columns]
    if gone:
        return None, f"The champion asks for {', '.join(gone)}, which the contract no longer has."
    with opened(champion) as model:
        try:
            return ask(model, rows, learned), ""
        except BundleError as error:
            return None, f"The champion, made for an earlier contract, cannot answer these rows: {error.what}"


def previous_lock(project: Project, champion: Bundle | None) -> DataLock | None:
    """Return the lock of the rows that the champion learned from; an empty one where git no longer has it."""
    if champion is None:
        return None
    lineage = champion.manifest.lineage
    found = data.lock_of(project, lineage.snapshot, lineage.commit)
    return found or DataLock(snapshot=lineage.snapshot, rows={}, window=Window(), sources={})


def _follows(project: Project, snapshot: str) -> dict[str, str]:
    """Return what the lock of now says that its rows follow, where it is about this snapshot."""
    if not project.data_lock.is_file():
        return {}
    lock = data.read_lock(project)
    return lock.follows if lock.snapshot == snapshot else {}


def require_pass(judged: Judged, *, later: Collection[str] = ()) -> None:
    """Raise GateFailed or GateInconclusive unless every blocking gate passed or is waived.

    `later` names gates that are asked afterwards, before anything is merged.
    """
    stops = [verdict for verdict in judged.evaluation.verdicts if verdict.stops and verdict.gate not in later]
    if not stops:
        return
    names = ", ".join(verdict.gate for verdict in stops)
    if judged.evaluation.outcome == "fail":
        raise GateFailed(
            f"The gates said no: {names}.",
            next_step=f"open {judged.page}; trunkline explain {stops[0].gate} says what helps",
        )
    raise GateInconclusive(
        f"Too few data for an answer: {names}.",
        next_step=f"open {judged.page}; trunkline explain {stops[0].gate} says what would decide it",
    )
