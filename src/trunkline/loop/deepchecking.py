"""Deepchecking: deepchecks' suites asked about the trained bundle, in an environment of their own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from trunkline import data
from trunkline.core.errors import StorageError
from trunkline.core.gates import DeepchecksGates
from trunkline.core.project import Project
from trunkline.core.record import canonical_json, digits, sha256, short
from trunkline.core.records import GateRun
from trunkline.evaluation import deepchecks

from . import judging

Progress = Callable[[str], None]
FILE = "deepchecks.json"
REPORTS = "deepchecks"


def deepcheck(project: Project, *, progress: Progress, again: bool = False) -> GateRun:
    """Return what deepchecks says of the trained bundle; kept beside its evaluation, where `judge` reads it.

    The same bundle under the same policy section is not asked again, unless a suite broke or `again` says so. The
    reports lie in `deepchecks/<suite>.html` there. Raises PolicyError when the policy names a check that cannot
    block, and NotFoundError when the environment of deepchecks is not there.
    """
    rules = project.policy.gates.deepchecks
    deepchecks.check_blocking(rules)
    python = deepchecks.interpreter(project.root / rules.python)
    bundle, _, _ = judging.train(project, progress=progress)
    home = project.evaluations / digits(bundle.digest)
    if not again and (known := _remembered(home, rules)) is not None:
        progress(f"deepchecks looked at bundle {short(bundle.digest)} already")
        return known
    snapshot = data.open_snapshot(project, bundle.manifest.lineage.snapshot)
    contract = bundle.contract
    rows = [deepchecks.drawn(frame, rules.rows) for frame in (snapshot.development(), snapshot.part("test"))]
    temporal = snapshot.manifest.split.get("method") == "temporal"
    date = deepchecks.date_column(contract, rows, temporal=temporal)
    with judging.opened(bundle) as model:
        train, test = (judging.ask(model, frame, contract) for frame in rows)
    left_out = {
        suite: deepchecks.left_out(
            suite, contract, probabilities=test.probabilities is not None, date=bool(date)
        )
        for suite in rules.suites
    }
    deepchecks.check_blocking(rules, left_out)
    progress(f"deepchecks: {', '.join(rules.suites)} on {sum(map(len, rows)):,} rows, about a minute")
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".deepchecks-") as name:
        output = Path(name, REPORTS)
        output.mkdir()
        files = deepchecks.exchange(train, test, contract, left_out=left_out, date=date)
        request = deepchecks.write_exchange(Path(name), files)
        problem = deepchecks.run_suites(python, request, output, timeout_s=rules.timeout_s)
        verdicts = deepchecks.verdicts_of(output, problem, rules, left_out, rows=sum(map(len, rows)))
        _keep(output, home / REPORTS)
    run = GateRun(
        bundle=bundle.digest,
        snapshot=snapshot.digest,
        created=datetime.now(UTC),
        verdicts=verdicts,
        policy=_digest(rules),
    )
    run.write(home / FILE)
    return run


def _digest(rules: DeepchecksGates) -> str:
    return sha256(canonical_json(rules.model_dump(mode="json")))


def _remembered(home: Path, rules: DeepchecksGates) -> GateRun | None:
    """Return the run of before; None when the policy differs, or a suite broke (no figures), maybe by chance."""
    if not ((home / FILE).is_file() and (home / REPORTS).is_dir()):
        return None
    try:
        run = GateRun.read(home / FILE)
    except StorageError:
        return None
    whole = all(verdict.figures for verdict in run.verdicts)
    return run if whole and run.policy == _digest(rules) else None


def _keep(output: Path, home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    output.rename(home)
