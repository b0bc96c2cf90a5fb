"""The model card: what is known of a version, from facts only, in Markdown that Hugging Face can read too."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from ruamel.yaml import YAML

from trunkline.core.bundle import BundleManifest
from trunkline.core.config import Policy
from trunkline.core.contract import Contract
from trunkline.core.records import Evaluation, SnapshotManifest, Verdict

from .annex import annex_table
from .plots import plots
from .report import by_urgency, figure_table, plain
from .scored import Scored, pair_scored
from .wording import outcome_word

UNSAID = "*Not stated: a person must write this in `trunkline.yaml`.*"
LIBRARIES = {"onnx": "onnx", "python": "sklearn"}


def card_pictures(
    evaluation: Evaluation, test: Scored, champion: Scored | None, contract: Contract
) -> dict[str, bytes]:
    """Return the card's pictures: file name to SVG, the same bytes for the same answers."""
    other = pair_scored(champion, contract, beside=test) if champion is not None else None
    found = plots(evaluation, pair_scored(test, contract, beside=champion), other)
    return {f"{name}.svg": picture for name, picture in found.items()}


def card(
    evaluation: Evaluation,
    manifest: BundleManifest,
    contract: Contract,
    policy: Policy,
    version: int | None,
    snapshot: SnapshotManifest,
    *,
    pictures: Sequence[str] = (),
) -> str:
    """Return the card; `pictures` are paths relative to where it will lie. The same arguments give the same card."""
    name = f"{manifest.name} {f'version {version}' if version is not None else '(not registered)'}"
    parts = [
        f"---\n{_front_matter(evaluation, manifest, contract, snapshot)}---",
        f"# {name}",
        plain(contract.description),
        "## Intended use",
        plain(policy.intended_use) or UNSAID,
        f"Who answers for it: {plain(policy.owner)}" if policy.owner else f"Who answers for it: {UNSAID}",
        "## Data",
        _data(snapshot, evaluation.snapshot),
        "## Inputs and outcome",
        _columns(contract),
        "## Figures",
        "Measured once, on the test part; higher is better for every metric (`neg_` marks one whose sign was turned).",
        figure_table([figure for figure in evaluation.figures if not figure.group]),
        *(f"![{path.rsplit('/', 1)[-1].removesuffix('.svg')}]({path})" for path in pictures),
        "## Groups of people",
        _groups(evaluation, contract),
        "## Limits found by the gates",
        _limits(evaluation.verdicts),
        "## Waivers",
        _waivers(evaluation.verdicts),
        "## Lineage",
        _lineage(evaluation, manifest),
        "## Technical documentation (EU AI Act, Annex IV)",
        "Asked of high-risk systems; whether this is one, a person must decide. The card covers in part what is named "
        "below, and is not by itself that documentation.",
        annex_table(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(
    evaluation: Evaluation, manifest: BundleManifest, contract: Contract, snapshot: SnapshotManifest
) -> str:
    task = f"tabular-{contract.task}"
    overall = [figure for figure in evaluation.figures if not figure.group]
    result: dict[str, Any] = {
        "task": {"type": task},
        "dataset": {
            "name": f"{manifest.name}, test part, {snapshot.rows.get('test', 0)} rows",
            "type": manifest.name,
            "revision": evaluation.snapshot,
        },
        "metrics": [
            {"type": figure.name, "name": figure.name, "value": round(figure.value, 6)} for figure in overall
        ],
    }
    facts = {
        "license": "unknown",
        "library_name": LIBRARIES[manifest.runtime],
        "pipeline_tag": task,
        "tags": ["trunkline", task, manifest.runtime],
        "metrics": [figure.name for figure in overall],
        "model-index": [{"name": manifest.name, "results": [result]}],
    }
    writer = YAML()
    writer.default_flow_style = False
    writer.width = 1000
    stream = io.StringIO()
    writer.dump(facts, stream)
    return stream.getvalue()


def _data(snapshot: SnapshotManifest, digest: str) -> str:
    window = snapshot.window
    if window.first is None and window.last is None:
        period = "all event times"
    else:
        period = f"event times from {_end(window.first)} to {_end(window.last)}, both included"
    split = ", ".join(f"{key} {value}" for key, value in sorted(snapshot.split.items()))
    return "\n".join(
        [
            f"- Snapshot `{digest}`: {period}.",
            "- Rows: " + ", ".join(f"{part} {rows:,}" for part, rows in snapshot.rows.items()) + ".",
            "- Sources: "
            + ", ".join(f"{name} {rows:,} rows" for name, rows in sorted(snapshot.sources.items()))
            + ".",
            f"- Split: {plain(split)}.",
        ]
    )


def _end(value: object) -> str:
    return "the beginning" if value is None else plain(str(value))


def _columns(contract: Contract) -> str:
    rows = [
        f"| `{column.name}` | {column.role.value}{', protected' if column.protected else ''} | {plain(column.rule())} "
        f"| {plain(column.description)} |"
        for column in contract.columns
    ]
    return "\n".join(["| Column | Role | Must be | What it is |", "|---|---|---|---|", *rows])


def _groups(evaluation: Evaluation, contract: Contract) -> str:
    if not contract.protected:
        return "The contract names no protected attribute, so no group was looked at."
    single = [figure for figure in evaluation.figures if figure.group and " & " not in figure.group]
    verdicts = [verdict for verdict in evaluation.verdicts if verdict.gate.startswith("fairness/")]
    lines = "\n".join(
        f"- `{verdict.gate}`: {outcome_word(verdict)}. {plain(verdict.reason)}" for verdict in verdicts
    )
    crossed = len({figure.group for figure in evaluation.figures if " & " in figure.group})
    note = (
        f"Measured of {crossed} crossings of two attributes too; they are on the report." if crossed else ""
    )
    return "\n\n".join(
        part for part in (lines, figure_table(single, grouped=True) if single else "", note) if part
    )


def _limits(verdicts: Sequence[Verdict]) -> str:
    red = [verdict for verdict in by_urgency(verdicts) if verdict.outcome != "pass"]
    if not red:
        return "None: every gate is green."
    return "\n".join(
        f"- `{verdict.gate}`: {outcome_word(verdict)}. {plain(verdict.reason)}" for verdict in red
    )


def _waivers(verdicts: Sequence[Verdict]) -> str:
    lines = [
        f"- `{verdict.gate}`: {plain(verdict.waiver.owner)}, until {verdict.waiver.expires}: "
        f"{plain(verdict.waiver.reason)}"
        for verdict in verdicts
        if verdict.waiver is not None
    ]
    return "\n".join(lines) or "None."


def _lineage(evaluation: Evaluation, manifest: BundleManifest) -> str:
    lineage = manifest.lineage
    settings = ", ".join(f"{key} = {value}" for key, value in sorted(lineage.settings.items())) or "defaults"
    rows = {
        "Bundle": evaluation.bundle,
        "Compared with": evaluation.champion or "no champion",
        "Runtime": manifest.runtime,
        "Candidate": lineage.candidate,
        "Settings": settings,
        "Commit": lineage.commit,
        "Snapshot": lineage.snapshot,
        "Training key": lineage.training_key,
        "Code": lineage.code,
        "Policy": lineage.policy,
        "Requirements": lineage.lock,
        "Toolkit": lineage.toolkit,
        "Packages": ", ".join(manifest.requires),
    }
    lines = [f"| {name} | {_code(value)} |" for name, value in rows.items() if value]
    return "\n".join(["| What | Which |", "|---|---|", *lines])


def _code(value: str) -> str:
    """Return a value as code in a table cell, where only these two signs have a meaning."""
    return "`" + " ".join(value.split()).replace("`", "'").replace("|", "\\|") + "`"
