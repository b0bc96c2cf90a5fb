"""Rehearse: serve a registered version in staging, ask it what the test rows ask, and compare it with its bundle."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from trunkline.core.bundle import Bundle
from trunkline.core.errors import GateFailed
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Route
from trunkline.delivery import apply, plan, read_state
from trunkline.loop.model.answers import columns_of, opened
from trunkline.loop.model.snapshots import locked_snapshot
from trunkline.loop.rollout.deploying import history_file, target_of
from trunkline.loop.versions.bundles import bundle_of
from trunkline.loop.versions.named import asked_version
from trunkline.tasks import task_of

STAGING = "staging"
ROWS = 50
GIVE_UP = 5
"""Requests without an answer after which the rest is not asked."""
TOLERANCE = 1e-6
"""How far an answer may lie from what the bundle itself answers."""


@dataclass(frozen=True)
class Rehearsal:
    """What a service answered to `asked` rows; `wrong` are answers that differ from the bundle's own."""

    version: int
    bundle: str
    address: str
    asked: int
    failed: int
    wrong: int
    latency_p95_ms: float
    problem: str

    @property
    def passed(self) -> bool:
        """Whether every row was answered, and as the bundle itself answers it."""
        return self.asked > 0 and self.failed == 0 and self.wrong == 0

    def markdown(self) -> str:
        """Return the evidence for a pull request."""
        said = "every answer is the bundle's own" if self.passed else self.problem
        return (
            f"**Rehearsed in staging**: version {self.version} (bundle `{short(self.bundle)}`) was asked {self.asked} "
            f"test rows over HTTP; {self.asked - self.failed} answered, {self.wrong} of them otherwise than the bundle "
            f"itself, 95 % within {self.latency_p95_ms:.1f} ms: {said}."
        )


def rehearse(project: Project, *, number: int = 0, bundle: str = "", progress: Progress) -> Rehearsal:
    """Serve version `number` (the newest by default) in staging and ask it.

    What staging's file desires stays as it is: staging shows what is about to be proposed. Raises NotFoundError when
    main names no such version and no earlier job named its `bundle`, BundleError when main names another one; what the
    target's apply raises, and GateFailed when the service answers wrongly.
    """
    version = asked_version(project, number, bundle=bundle)
    route = Route(version=version.number, bundle=version.bundle)
    opened_bundle = bundle_of(project, route, progress=progress)
    target = target_of(project, STAGING, progress=progress)
    state = read_state(project.deployment(STAGING))
    asked = state.model_copy(
        update={"strategy": "single", "champion": route, "challenger": None, "share": 0.0, "salt": ""}
    )
    made = plan(asked, target.observe(), project.commit(), upkeep=target.upkeep())
    progress(f"serving version {version.number} in staging")
    apply(
        made,
        reviewed=made.checksum,
        target=target,
        bundles=project.bundles,
        history=history_file(project, STAGING),
    )
    rows = locked_snapshot(project, progress=progress).test().head(ROWS)
    return _require(ask_service(target.address(), opened_bundle, rows, number=version.number))


def ask_service(address: str, bundle: Bundle, rows: Any, *, number: int) -> Rehearsal:
    """Ask a service rows of a frame, one request each, and compare its answers with the bundle's own."""
    contract = bundle.contract
    names = [column.name for column in contract.features]
    with opened(bundle) as model:
        own = model.predict(columns_of(rows, names))
    task, given = task_of(contract), dict[int, Any]()
    failed, problem = 0, ""
    latency: list[float] = []
    with httpx.Client(base_url=address, timeout=10.0, trust_env=False) as client:
        sent = columns_of(rows, [name for name in rows.columns if name != contract.outcome.name])
        for place in range(len(rows)):
            plain = {name: values[place] for name, values in sent.items()}
            begun = time.perf_counter()
            try:
                reply = client.post("/predict", json=plain)
            except httpx.HTTPError as error:
                failed, problem = failed + 1, problem or f"no answer: {error}"
                if failed >= GIVE_UP:
                    failed += len(rows) - place - 1
                    break
                continue
            latency.append(1000 * (time.perf_counter() - begun))
            if reply.status_code != httpx.codes.OK:
                failed, problem = failed + 1, problem or f"status {reply.status_code}: {reply.text[:200]}"
                continue
            try:
                task.answers([reply.json()], contract)
                given[place] = reply.json()
            except (ValueError, TypeError, KeyError, AttributeError):
                failed, problem = failed + 1, problem or f"no answer in what it said: {reply.text[:200]}"
    wrong = 0
    if given:
        expected, said = own.take(np.array(list(given))), task.answers(list(given.values()), contract)
        apart = task.apart(expected, said)
        for row in np.flatnonzero(apart.other | (apart.distance > TOLERANCE)):
            asked = {name: sent[name][list(given)[row]] for name in names}
            problem = problem or f"{said.predictions[row]} instead of {expected.predictions[row]} for {asked}"
            wrong += 1
    return Rehearsal(
        version=number,
        bundle=bundle.digest,
        address=address,
        asked=len(rows),
        failed=failed,
        wrong=wrong,
        latency_p95_ms=float(np.quantile(latency, 0.95)) if latency else math.nan,
        problem=problem,
    )


def _require(made: Rehearsal) -> Rehearsal:
    if not made.passed:
        raise GateFailed(
            f"Version {made.version} does not answer in staging as its bundle does: {made.failed} of {made.asked} "
            f"without an answer, {made.wrong} otherwise. First: {made.problem}",
            next_step=f"see the service's log; nothing was proposed. It goes on at {made.address} until "
            f"trunkline stop {STAGING}",
        )
    return made
