"""Load: the real service of the trained bundle, asked by locust as often as the policy says, and judged."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

from trunkline.core import secrets
from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError, ProjectError, UnavailableError
from trunkline.core.keys import KEY_OF
from trunkline.core.own_service import Credentials, bearer
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.proxies import goes_through_proxies
from trunkline.core.ready import ask_ready
from trunkline.core.record import short, write_atomically
from trunkline.core.release import Release
from trunkline.core.verdicts import GateRun
from trunkline.delivery import LocalTarget, serve_once
from trunkline.delivery.targets.last_words import last_words
from trunkline.evaluation import load_verdicts
from trunkline.evaluation.load.measurement import Load, LoadCase
from trunkline.loop.model.training import train
from trunkline.loop.versions.named import require_bundle

from .load_arrivals import RAISED, Recording
from .load_process import interrupted_once, put_load, require_locust
from .runs import LOAD, keep_run, rules_digest, run_folder

SERVICE_LOG = "load.log"
"""What our own service wrote meanwhile, beside the run."""


def load(project: Project, *, host: str = "", named: str = "", progress: Progress) -> GateRun:
    """Put the policy's load on a service and return the verdicts, saved beside the bundle's evaluation.

    Without `host` the bundle of the project's training key is served by a process of its own, whose prediction log is
    thrown away. With it, that service is asked; the run is saved when the service says that it serves one bundle that
    is on this machine, and has an empty `bundle` otherwise.
    Raises NotFoundError without locust or a locustfile, ProjectError when the locustfile does not work,
    UnavailableError when the service does not answer, and BundleError when the bundle of the training key is not
    `named`, which an earlier step gave.
    """
    rules = project.policy.gates.load
    locustfile = require_locust(project.root, rules)
    with (
        interrupted_once(),
        tempfile.TemporaryDirectory(prefix="trunkline-load-") as name,
        _asked(project, host.rstrip("/"), named, Path(name), progress) as (address, bundle, target),
    ):
        progress(
            f"putting {rules.rate:g} requests a second on {address}, "
            f"{rules.warm_up_s:g} s of warm-up and {rules.seconds:g} s that count"
        )
        recording = put_load(locustfile, address, rules, root=project.root, folder=Path(name))
        died = _last_words(target) if target else ""
        if bundle and target:
            write_atomically(run_folder(project, bundle.digest) / SERVICE_LOG, target.logs().read_bytes())
    run = GateRun(
        bundle=bundle.digest if bundle else "",
        snapshot=bundle.manifest.lineage.snapshot if bundle else "",
        created=datetime.now(UTC),
        verdicts=load_verdicts(LoadCase(measured(recording, died=died), rules), project.policy.gates),
        policy=rules_digest(project, rules),
    )
    if bundle:
        keep_run(project, LOAD, run)
    return run


def measured(recording: Recording, *, died: str = "") -> Load:
    """Return a recording as figures.

    A turn with no answer is a failure, and has waited at least until the end; one that asked nothing was never sent.
    Raises ProjectError when nothing was asked because the locustfile raised, or asks nothing.
    """
    order, turns = recording.order, recording.turns
    end = order.warm_up_s + order.seconds
    asked = [one for turn in turns for one in turn.asked]
    if all(one.problem.startswith(RAISED) for one in asked):
        if recording.raised:
            raise _at_fault(f"it raised {recording.raised[0]}")
        if any(turn.over for turn in turns):
            raise _at_fault("its tasks sent no request")
    failures = Counter(one.problem for one in asked if one.problem)
    latency_ms: list[float] = []
    unanswered = 0
    for turn in turns:
        latency_ms += [one.latency_ms for one in turn.asked if not one.problem]
        if not turn.over and not turn.asked:
            unanswered += 1
            latency_ms.append(1000 * (recording.ended_s - turn.due_s))
    if unanswered:
        failures[f"no answer within {order.patience_s:g} s of the end"] += unanswered
    begun = [turn for turn in turns if turn.begun_s is not None]
    return Load(
        seconds=order.seconds,
        due=len(turns),
        sent=sum((turn.begun_s or 0.0) < end and bool(turn.asked or not turn.over) for turn in begun),
        answered=len(latency_ms) - unanswered,
        latency_ms=np.array(latency_ms),
        failures=dict(failures),
        late_ms=np.array([turn.late_ms for turn in begun]),
        busy=recording.busy,
        users=order.users,
        died=died,
    )


def _at_fault(why: str) -> ProjectError:
    return ProjectError(
        f"The locustfile does not work: {why}.",
        next_step="edit it; gates.load.locustfile in trunkline.yaml names it",
    )


@contextlib.contextmanager
def _asked(
    project: Project, host: str, named: str, folder: Path, progress: Progress
) -> Iterator[tuple[str, Bundle | None, LocalTarget | None]]:
    """Yield the address of the service to ask, what it serves, and its process where it is ours, which is ended."""
    if host:
        yield host, _served_by(project, host, progress), None
        return
    bundle, _, _ = train(project, progress=progress)
    require_bundle(bundle.digest, named, what="What load would be put on")
    progress(f"starting a service of bundle {short(bundle.digest)}")
    target = LocalTarget(
        folder / "live", port=0, log_folder=folder / "predictions", serving=project.policy.serving
    )
    release = Release.of_one(bundle.digest, environment=LOAD, revision=bundle.manifest.lineage.commit)
    with serve_once(target, release, project.bundles):
        yield target.address(), bundle, target


def _served_by(project: Project, host: str, progress: Progress) -> Bundle | None:
    """Return the bundle that another service says it serves, None when it serves two or this machine lacks it."""
    context = httpx.create_ssl_context()
    proxies = goes_through_proxies(host, context)
    credentials = Credentials(bearer(secrets.secret(KEY_OF["metrics"])))
    try:
        with httpx.Client(verify=context, trust_env=proxies, follow_redirects=True) as client:
            said = ask_ready(host, credentials, timeout_s=10.0, client=client).said
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise UnavailableError(
                f"The certificate of {host} is not known on this machine: {error}.",
                next_step="name its file, or that of its authority: export SSL_CERT_FILE=<file.pem>",
            ) from error
        raise UnavailableError(
            f"Nothing answers at {host}: {error}.", next_step="start the service, or correct --host"
        ) from error
    release = said.release() if said else None
    if release is None or release.strategy != "single":
        progress(f"{host} does not say that it serves one bundle, so the verdicts are shown and not saved")
        return None
    try:
        return project.bundles.get(release.champion.bundle)
    except BundleError:
        name = short(release.champion.bundle)
        progress(f"bundle {name} is not on this machine, so the verdicts are shown and not saved")
        return None


def _last_words(target: LocalTarget) -> str:
    """Return what a service that ended by itself wrote last; empty for one that lives."""
    service = target.service()
    return "" if service is not None and service.process() else last_words(target.logs(), 0).text
