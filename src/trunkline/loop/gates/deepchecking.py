"""Deepchecking: deepchecks' suites asked about the trained bundle, in an environment of their own."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from trunkline import data
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.verdicts import GateRun
from trunkline.evaluation import deepchecks
from trunkline.loop.model import answers, training
from trunkline.loop.versions.named import require_bundle

from .runs import DEEPCHECKS, keep_run, kept_run, rules_digest, run_folder


def deepcheck(
    project: Project, *, progress: Progress, again: bool = False, named: str = "", root: Path | None = None
) -> GateRun:
    """Return what deepchecks says of the trained bundle; kept beside its evaluation, where `judge` reads it.

    The same bundle under the same policy section is not asked again, unless a suite broke or `again` says so. The
    reports lie in `deepchecks/<suite>.html` there. `root` is the folder whose environment of deepchecks is used, by
    default the project's. Raises PolicyError when the policy names a check that cannot
    block, NotFoundError when the environment of deepchecks is not there, and BundleError when the trained bundle is not
    `named`, which an earlier step gave.
    """
    rules = project.policy.gates.deepchecks
    deepchecks.check_blocking(rules)
    python = deepchecks.interpreter((root or project.root) / rules.python)
    bundle, _, _ = training.train(project, progress=progress)
    require_bundle(bundle.digest, named, what="What deepchecks would look at")
    if not again and (known := _remembered(project, bundle.digest)) is not None:
        progress(f"deepchecks looked at bundle {short(bundle.digest)} already")
        return known
    snapshot = data.open_snapshot(project, bundle.manifest.lineage.snapshot)
    contract = bundle.contract
    rows = [deepchecks.drawn(frame, rules.rows) for frame in (snapshot.development(), snapshot.test())]
    temporal = snapshot.manifest.split.get("method") == "temporal"
    date = deepchecks.date_column(contract, rows, temporal=temporal)
    with answers.opened(bundle) as model:
        train, test = (answers.ask(model, frame, contract) for frame in rows)
    left_out = {
        suite: deepchecks.left_out(
            suite, contract, probabilities=test.probabilities is not None, date=bool(date)
        )
        for suite in rules.suites
    }
    deepchecks.check_blocking(rules, left_out)
    progress(f"deepchecks: {', '.join(rules.suites)} on {sum(map(len, rows)):,} rows, about a minute")
    reports = report_folder(project, bundle.digest)
    reports.parent.mkdir(parents=True, exist_ok=True)
    # Beside them, so that keeping the reports never crosses disks.
    with tempfile.TemporaryDirectory(dir=reports.parent, prefix=".deepchecks-") as name:
        output = Path(name, "output")
        output.mkdir()
        files = deepchecks.exchange(train, test, contract, left_out=left_out, date=date)
        request = deepchecks.write_exchange(Path(name), files)
        problem = deepchecks.run_suites(python, request, output, timeout_s=rules.timeout_s)
        verdicts = deepchecks.verdicts_of(output, problem, rules, left_out, rows=sum(map(len, rows)))
        shutil.rmtree(reports, ignore_errors=True)
        output.rename(reports)
    run = GateRun(
        bundle=bundle.digest,
        snapshot=snapshot.digest,
        created=datetime.now(UTC),
        verdicts=verdicts,
        policy=rules_digest(project, rules),
    )
    keep_run(project, DEEPCHECKS, run)
    return run


def report_folder(project: Project, bundle: str) -> Path:
    """Return the folder of deepchecks' own reports about a bundle."""
    return run_folder(project, bundle) / DEEPCHECKS


def _remembered(project: Project, bundle: str) -> GateRun | None:
    """Return the run of before; None when the policy differs, or a suite broke (no figures), maybe by chance."""
    run = kept_run(project, DEEPCHECKS, bundle, project.policy.gates.deepchecks)
    if run is None or not report_folder(project, bundle).is_dir():
        return None
    return run if all(verdict.figures for verdict in run.verdicts) else None
