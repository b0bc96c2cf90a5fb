"""The model card: what is known of a version, from facts only, in Markdown that Hugging Face can read too."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.bundle import BundleManifest
from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import room_of
from trunkline.core.lineage import Usage
from trunkline.core.markdown import plain
from trunkline.core.policy.policy import Policy
from trunkline.core.snapshots import SnapshotManifest, Window
from trunkline.core.verdicts import Evaluation, Verdict
from trunkline.measure.wording import OUTCOME_WORDS
from trunkline.tasks import judging_of

from ..scored import Scored, pair_scored
from .crossings import crossed_gate, crossings
from .front_matter import front_matter
from .plots import plots
from .rendering import render
from .rooms import by_urgency

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
    paired = pair_scored(test, contract, other=champion)
    return {
        **plots(evaluation, paired, other),
        **judging_of(contract).examples(test.frame, paired, contract),
    }


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
    between two comments, `DIFFERS` and `SAME`. Training's energy is never turned into emissions, because the grid is
    not known.
    """
    verdicts, figures = by_urgency(evaluation.verdicts), evaluation.figures
    crossed = crossings(figures)
    load = _of_room("load", evaluation.verdicts)
    weak = next((one for one in verdicts if one.gate == "slices/weak" and one.outcome == "fail"), None)
    method = manifest.lineage.candidate.rpartition("+")[2]  # a candidate's name ends with its mitigation
    return render(
        "card.md",
        head=front_matter(evaluation, manifest, contract, snapshot, license_id=policy.license),
        evaluation=evaluation,
        manifest=manifest,
        contract=contract,
        policy=policy,
        version=version,
        snapshot=snapshot,
        period=_period(snapshot.window),
        overall=[figure for figure in figures if not figure.group],
        pictures=pictures,
        champion=next((one for one in verdicts if one.gate == "performance/champion"), None),
        champion_by_group=_champion_by_group(evaluation.verdicts),
        fairness=_of_room("fairness", verdicts),
        single=[figure for figure in figures if figure.group and figure.group not in crossed],
        crossed=crossed,
        mitigation=method if method in MITIGATIONS else "",
        mitigations=MITIGATIONS,
        red=[one for one in verdicts if one.outcome != "pass" and room_of(one.gate) != "load"],
        weak=[figure for figure in weak.figures if figure.group] if weak else [],
        waived=[one for one in verdicts if one.waiver is not None],
        words=OUTCOME_WORDS,
        usage=usage,
        load=load,
        load_figures=[figure for verdict in load for figure in verdict.figures],
        lineage=_lineage(evaluation, manifest, policy),
        differs=DIFFERS,
        same=SAME,
    )


def _of_room(room: str, verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [verdict for verdict in verdicts if room_of(verdict.gate) == room]


def _champion_by_group(verdicts: Sequence[Verdict]) -> list[Figure]:
    return [
        figure
        for verdict in _of_room("fairness", verdicts)
        if verdict.gate.endswith("/champion") and not crossed_gate(verdict.gate)
        for figure in verdict.figures
        if figure.group
    ]


def _period(window: Window) -> str:
    first, last = (None if end is None else plain(str(end)) for end in (window.first, window.last))
    if first is None and last is None:
        return "all event times"
    return f"event times from {first or 'the beginning'} to {last or 'the end'}, both included"


def _lineage(evaluation: Evaluation, manifest: BundleManifest, policy: Policy) -> dict[str, str]:
    lineage = manifest.lineage
    return {
        "Bundle": evaluation.bundle,
        "Compared with": evaluation.champion or "no champion",
        "Runtime": manifest.runtime,
        "Compared with what was fitted": manifest.parity,
        "Candidate": lineage.candidate,
        "Settings": ", ".join(f"{key} = {value}" for key, value in sorted(lineage.settings.items()))
        or "defaults",
        "Chosen by": "" if lineage.origin else f"{policy.training.search.metric} in cross-validation",
        "Commit": lineage.commit,
        "Snapshot": lineage.snapshot,
        "Training key": lineage.training_key,
        "Code": lineage.code,
        "Policy": lineage.policy,
        "Requirements": lineage.lock,
        "Toolkit": lineage.toolkit,
        "Packages": ", ".join(manifest.requires),
    }
