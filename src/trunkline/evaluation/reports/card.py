"""The model card: what is known of a version, from facts only, in Markdown that Hugging Face can read too."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.bundle import BundleManifest
from trunkline.core.contract import Contract
from trunkline.core.gate import room_of
from trunkline.core.lineage import Usage
from trunkline.core.markdown import code, plain
from trunkline.core.policy.policy import Policy
from trunkline.core.snapshots import SnapshotManifest
from trunkline.core.verdicts import Evaluation
from trunkline.inputs import input_of
from trunkline.measure.wording import number

from ..scored import Scored, pair_scored
from . import findings
from .annex import annex_table
from .front_matter import front_matter
from .markdown import figure_table
from .plots import plots

UNSAID = "*Not stated: a person must write this in `trunkline.yaml`.*"
DIFFERS, SAME = "<!-- differs from run to run -->", "<!-- the same in every run -->"
"""Around what another run of the same training would measure otherwise."""
MITIGATIONS = {
    "threshold-optimizer": "a threshold of its own for each group, chosen on out-of-fold scores "
    "(Hardt, Price and Srebro, 2016)",
    "exponentiated-gradient": "a mixture of models trained under the constraint (Agarwal et al., 2018)",
}


def card_pictures(
    evaluation: Evaluation, test: Scored, champion: Scored | None, contract: Contract
) -> dict[str, bytes]:
    """Return the pictures of card and page: name to SVG, the same bytes for the same answers."""
    other = pair_scored(champion, contract, other=test) if champion is not None else None
    return plots(evaluation, pair_scored(test, contract, other=champion), other)


def card(
    evaluation: Evaluation,
    manifest: BundleManifest,
    contract: Contract,
    policy: Policy,
    version: int | None,
    snapshot: SnapshotManifest,
    *,
    pictures: Sequence[str] = (),
    usage: Usage | None = None,
) -> str:
    """Return the card; `pictures` are paths relative to where it will lie, `usage` is what training took.

    The same arguments give the same card. What another run would measure otherwise (times, energy, load) stands
    between two comments, `DIFFERS` and `SAME`.
    """
    name = f"{manifest.name} {f'version {version}' if version is not None else '(not registered)'}"
    verdicts = evaluation.verdicts
    head = front_matter(evaluation, manifest, contract, snapshot, license_id=policy.license)
    parts = [
        f"---\n{head}---",
        f"# {name}",
        plain(contract.description),
        "## Intended use",
        plain(policy.intended_use) or UNSAID,
        f"Who answers for it: {plain(policy.owner)}" if policy.owner else f"Who answers for it: {UNSAID}",
        f"Licence: {_license(policy.license)}",
        "## Data",
        _data(snapshot, evaluation.snapshot),
        "## Inputs and outcome",
        _columns(contract),
        _decision(manifest),
        "## Figures",
        "Measured once, on the test part; higher is better for every metric (`neg_` marks one whose sign was turned).",
        figure_table([figure for figure in evaluation.figures if not figure.group]),
        *(f"![{_caption(path)}]({path})" for path in pictures),
        "## Compared with the champion",
        findings.champion(verdicts),
        "## Groups of people",
        findings.groups(evaluation, contract),
        _mitigation(manifest, policy),
        "## Limits found by the gates",
        findings.limits([verdict for verdict in verdicts if room_of(verdict.gate) != "load"]),
        findings.weak_parts(verdicts),
        "## Waivers",
        findings.waivers(verdicts),
        "## Resources",
        DIFFERS,
        _resources(usage),
        findings.under_load(verdicts),
        SAME,
        "## Lineage",
        _lineage(evaluation, manifest, policy),
        "## Technical documentation (EU AI Act, Annex IV)",
        "Asked of high-risk systems; whether this is one, a person must decide. The card covers in part what is named "
        "below, and is not by itself that documentation.",
        annex_table(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _license(identifier: str) -> str:
    if not identifier:
        return UNSAID
    return "the one in the repository's LICENSE" if identifier == "other" else plain(identifier)


def _caption(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".svg")


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
        f"| {code(column.name)} | {column.role.value}{', protected' if column.protected else ''} | "
        f"{plain(input_of(column).rule())} | {plain(column.description)} |"
        for column in contract.columns
    ]
    return "\n".join(["| Column | Role | Must be | What it is |", "|---|---|---|---|", *rows])


def _decision(manifest: BundleManifest) -> str:
    """Return from which probability on which class is the answer; empty where it is simply the likelier one."""
    decision = manifest.decision
    if decision is None:
        return ""
    return f"Decision threshold: the answer is {plain(decision.rule())}. {plain(decision.reason)}"


def _mitigation(manifest: BundleManifest, policy: Policy) -> str:
    """Return which fairness constraint the candidate was put under; a candidate's name ends with its method."""
    method = manifest.lineage.candidate.rpartition("+")[2]
    if method not in MITIGATIONS:
        return ""
    asked = policy.training.mitigation
    attribute = f" on {code(asked.attribute)}" if asked.attribute else ""
    return f"Mitigation: {method} for {asked.constraint}{attribute}: {MITIGATIONS[method]}."


def _resources(usage: Usage | None) -> str:
    """Return what training took; its energy is never turned into emissions, because the grid is not known."""
    if usage is None:
        return "What training took was not measured."
    how = {
        "measured": "measured by the processor's own meter, so of all that ran on it",
        "estimated": f"estimated: processor time at {usage.watts_per_core:g} W a core",
    }[usage.energy_source]
    rows = {
        "Time": f"{usage.seconds:,.1f} s",
        "Processor time": f"{usage.cpu_seconds:,.1f} s, on a machine with {usage.cores} cores",
        "Peak memory": f"{usage.peak_memory_mb:,.0f} MB",
        "Energy": f"{number(usage.energy_wh)} Wh, {how}",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    table = "\n".join(["| Training | took |", "|---|---|", *lines])
    return f"{table}\n\nEmissions are not stated: they depend on where the power came from, which is not known here."


def _lineage(evaluation: Evaluation, manifest: BundleManifest, policy: Policy) -> str:
    lineage = manifest.lineage
    settings = ", ".join(f"{key} = {value}" for key, value in sorted(lineage.settings.items())) or "defaults"
    rows = {
        "Bundle": evaluation.bundle,
        "Compared with": evaluation.champion or "no champion",
        "Runtime": manifest.runtime,
        "Candidate": lineage.candidate,
        "Settings": settings,
        "Chosen by": f"{policy.training.search.metric} in cross-validation",
        "Commit": lineage.commit,
        "Snapshot": lineage.snapshot,
        "Training key": lineage.training_key,
        "Code": lineage.code,
        "Policy": lineage.policy,
        "Requirements": lineage.lock,
        "Toolkit": lineage.toolkit,
        "Packages": ", ".join(manifest.requires),
    }
    lines = [f"| {name} | {code(value)} |" for name, value in rows.items() if value]
    return "\n".join(["| What | Which |", "|---|---|", *lines])
