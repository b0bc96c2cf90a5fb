"""Gate runs: what gates that take a process of their own (deepchecks, load) said of a bundle, kept for its reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from trunkline.core.errors import GateFailed, GateInconclusive, StorageError
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import DeepchecksGates, LoadGates
from trunkline.core.project import Project
from trunkline.core.record import canonical_json, digits, sha256
from trunkline.core.verdicts import GateRun, Verdict
from trunkline.evaluation import apply_waivers
from trunkline.evaluation.gates.not_run import DeepchecksNotRun, LoadNotRun

Rules = DeepchecksGates | LoadGates
DEEPCHECKS, LOAD = "deepchecks", "load"
NOT_RUN = (DeepchecksNotRun.name, LoadNotRun.name)
"""The verdicts that say that a gate was not asked."""


def run_folder(project: Project, bundle: str) -> Path:
    """Return the folder of everything that gates said of a bundle."""
    return project.evaluations / digits(bundle)


def rules_digest(project: Project, rules: Rules) -> str:
    """Return the digest of what a run asked: its policy section (whether it is required changes no answer) and, of
    load, the locustfile and how the policy has the model served."""
    asked: dict[str, object] = {"rules": rules.model_dump(mode="json", exclude={"required"})}
    if isinstance(rules, LoadGates):
        locustfile = project.root / rules.locustfile
        asked["locustfile"] = sha256(locustfile.read_bytes()) if locustfile.is_file() else ""
        asked["serving"] = project.policy.serving.model_dump(mode="json", exclude={"host"})
    return sha256(canonical_json(asked))


def keep_run(project: Project, name: str, run: GateRun) -> None:
    """Write a run beside the bundle's evaluation, where `judge` finds it."""
    run.write(run_folder(project, run.bundle) / f"{name}.json")


def kept_run(project: Project, name: str, bundle: str, rules: Rules) -> GateRun | None:
    """Return the run of a bundle under these rules, None where there is none or it cannot be read."""
    path = run_folder(project, bundle) / f"{name}.json"
    if not path.is_file():
        return None
    try:
        run = GateRun.read(path)
    except StorageError:
        return None
    return run if (run.bundle, run.policy) == (bundle, rules_digest(project, rules)) else None


def kept_verdicts(project: Project, bundle: str) -> tuple[Verdict, ...]:
    """Return what deepchecks and load said of a bundle; where one was not run, a verdict says so."""
    gates = project.policy.gates
    asked: tuple[tuple[str, Rules, type[Gate[bool]]], ...] = (
        (DEEPCHECKS, gates.deepchecks, DeepchecksNotRun),
        (LOAD, gates.load, LoadNotRun),
    )
    verdicts: list[Verdict] = []
    for name, rules, not_run in asked:
        run = kept_run(project, name, bundle, rules)
        # A run without any verdict (no suites named) asked nothing.
        verdicts += (run.verdicts if run else ()) or not_run().verdicts(rules.required)
    return tuple(verdicts)


def waived(project: Project, verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Return a run's verdicts with the policy's waivers applied: they are kept as they were said.

    A waiver may expire before the run is judged, or be written after it.
    """
    own = {verdict.gate for verdict in verdicts}
    answered = apply_waivers(verdicts, project.policy.gates.waivers, today=datetime.now(UTC).date())
    return tuple(verdict for verdict in answered if verdict.gate in own)


def require_run(verdicts: Sequence[Verdict], *, lead: str) -> None:
    """Raise GateFailed or GateInconclusive, beginning with `lead`, when one of them stops a release."""
    stops = [verdict for verdict in verdicts if verdict.stops]
    names = ", ".join(verdict.gate for verdict in stops)
    if failed := next((verdict for verdict in stops if verdict.outcome == "fail"), None):
        raise GateFailed(f"{lead}: {names}.", next_step=failed.advice)
    if stops:
        raise GateInconclusive(f"{lead}: {names}.", next_step=stops[0].advice)
