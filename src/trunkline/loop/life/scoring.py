"""Score: the rows of files are answered by what an environment's desired state serves, and logged as its answers."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from trunkline import scoring
from trunkline.core import secrets
from trunkline.core.errors import DataError, PolicyError, StorageError
from trunkline.core.git import git
from trunkline.core.lock import only_one
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.core.release import Release
from trunkline.delivery import champion_alone, read_state
from trunkline.delivery.plan import routes_of
from trunkline.loop.changes.merged import require_merged_file
from trunkline.loop.rollout.deploying import nothing_serves, require_deployable, switched_off
from trunkline.loop.versions.bundles import bundle_of
from trunkline.loop.versions.named import ever_named
from trunkline.loop.versions.signatures import require_signed
from trunkline.predictions import pseudonym
from trunkline.predictions.stores.buckets import CLOUDS
from trunkline.predictions.stores.variables import variables_of
from trunkline.predictions.whereabouts import log_address
from trunkline.scoring import Means, Order, Piece, Scored

DATE = "{date}"
SAY_EVERY_S = 5.0


@dataclass(frozen=True)
class Asked:
    """What to score; empty texts are those of the policy."""

    source: str = ""
    target: str = ""
    keep: Collection[str] = ()
    leave_out: Collection[str] = ()
    compute: str = ""
    """A Dask scheduler, as tls://host:8786; empty is this machine."""
    processes: int = 1
    replace: bool = False
    """Whether an output that is there already is replaced."""
    restart: bool = False
    """Whether an unfinished run is begun anew."""


@dataclass(frozen=True)
class Outcome:
    """What became of the rows."""

    target: str
    answered: int
    rejected: int
    rejects: str
    """The file that says why, where rows were rejected."""
    release: Release
    seconds: float


def score(
    project: Project,
    environment: str,
    asked: Asked,
    *,
    progress: Progress,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome | None:
    """Answer the rows of the input, going on with an unfinished run of the same output.

    Returns None where the output is there and nobody asked to replace it. Raises DataError where no row keeps the
    contract.
    """
    asked = _with_policy(project, asked)
    variables = variables_of(project.secret(environment), secrets.everything())
    source = scoring.address_of(asked.source, root=project.root)
    target = scoring.address_of(asked.target, root=project.root)
    lock = project.work / "scoring" / (hashlib.sha256(target.text.encode()).hexdigest()[:16] + ".lock")
    with only_one(lock, f"A scoring of {target.text}"):
        run = None if asked.restart else scoring.kept_run(target, variables)
        if run is None:
            if target.place(variables).found(target.name) and not asked.replace:
                return None
            release = release_of(project, environment)
            means = _means(project, environment, release, variables, progress=progress)
            live = scoring.loaded(means, release)
            progress(f"cutting {source.text} into pieces")
            run = scoring.begin(
                source,
                target,
                release,
                live.requests.columns,
                live.champion.bundle.contract,
                variables,
                keep=asked.keep,
                leave_out=asked.leave_out,
            )
        else:
            scoring.require_same(run, source, variables)
            _require_ours(project, environment, run, target, asked)
            progress(f"going on with what began at {run.began:%Y-%m-%d %H:%M} UTC")
            means = _means(project, environment, run.release, variables, progress=progress)
        return _carried_out(Order(run, means), target, asked, progress, clock)


def _require_ours(
    project: Project, environment: str, run: scoring.Run, target: scoring.Address, asked: Asked
) -> None:
    """Raise DataError unless a run that was found beside its output is one that this project could have begun.

    Whoever may write there may have written it: what main never named is not opened for it, nor what nobody signed.
    """
    said = (run.target, run.release.environment, run.keep, run.leave_out)
    why = ""
    if said != (target.text, environment, tuple(asked.keep), tuple(asked.leave_out)):
        why = "of another output or environment, or with other columns"
    elif run.release != release_of(project, environment):  # else another was merged meanwhile
        named = {(version.number, version.bundle) for version in ever_named(project).values()}
        strange = [one for one in routes_of(run.release) if (one.version, one.bundle) not in named]
        why = (
            f"with version {strange[0].version} ({short(strange[0].bundle)}), which main never named"
            * bool(strange)
        )
    if why:
        raise DataError(
            f"The unfinished run of {target.text} was begun {why}.",
            next_step="find out who wrote it; --restart begins anew, and the rows that it logged stay in the log",
        )
    require_signed(project, run.release, served=None)


def _carried_out(
    order: Order, target: scoring.Address, asked: Asked, progress: Progress, clock: Callable[[], float]
) -> Outcome:
    began, said = clock(), 0.0
    run = order.run
    done = scoring.done_pieces(order, target)
    left = [piece for piece in run.pieces if piece.number not in done]
    before = sum(piece.rows for piece in run.pieces) - sum(piece.rows for piece in left)
    now = before
    for piece, scored in _scored(order, left, asked):
        done[piece.number] = scored
        now += piece.rows
        if (past := clock() - began) - said >= SAY_EVERY_S:
            said = past
            rate = (now - before) / past
            rest = (run.rows - now) / rate
            progress(f"{now:,} of {run.rows:,} rows; {rate:,.0f} rows/s; about {rest:,.0f} s left")
    answered = sum(scored.answered for scored in done.values())
    rejected = sum(scored.rejected for scored in done.values())
    progress("writing the output")
    rejects = scoring.finish(order, target, rejected)
    if not answered:
        raise DataError(
            f"None of {rejected:,} rows keeps the contract, so none was answered.",
            next_step=f"{rejects} says why" if rejects else "look at the input: its lines are empty",
        )
    return Outcome(target.text, answered, rejected, rejects, run.release, clock() - began)


def _scored(order: Order, pieces: list[Piece], asked: Asked) -> Iterator[tuple[Piece, Scored]]:
    if asked.compute:
        return scoring.on_dask(asked.compute, order, pieces)
    return scoring.here(order, pieces, processes=asked.processes)


def release_of(project: Project, environment: str) -> Release:
    """Return what the merged desired state of an environment serves, as a deployment would.

    Raises NotFoundError where nothing is to serve, ForgeError where the file is not what was merged.
    """
    path = project.deployment(environment)
    desired = read_state(path)
    require_merged_file(project, path)
    require_deployable(project, desired)
    revision = git(project.root, "log", "-1", "--format=%H", "--", str(path))
    if switched_off(project, environment, desired.release(revision)):
        desired = champion_alone(desired)
    release = desired.release(revision)
    if release is None:
        raise nothing_serves(project, environment)
    require_signed(project, release, served=None)
    return release


def _means(
    project: Project, environment: str, release: Release, variables: dict[str, str], *, progress: Progress
) -> Means:
    """Return what workers need, with the release's bundles on this machine."""
    hosted = os.environ.get("RUNNER_ENVIRONMENT") == "github-hosted"
    address = log_address(project, environment)
    if hosted and not address:
        raise StorageError(
            "GitHub's runner is gone after this job, and with it the log of these answers.",
            next_step="name a bucket in serving.log.store",
        )
    named = (release.champion, release.challenger if release.strategy != "single" else None)
    contracts = [bundle_of(project, route, progress=progress).contract for route in named if route]
    secret = project.secret(environment)
    if address and contracts[0].sticky and not secret.exists() and not variables.get(pseudonym.VARIABLE):
        raise PolicyError(
            f"The log names users by the secret of {environment}, which this machine does not have.",
            next_step=f"set {pseudonym.VARIABLE} to the one that the service has",
        )
    return Means(
        bundles=project.work,
        log=address.replace("{environment}", environment) or str(project.predictions(environment)),
        secret=pseudonym.environment_secret(secret, variables),
        variables={name: value for name, value in variables.items() if name.startswith(CLOUDS)},
    )


def _with_policy(project: Project, asked: Asked) -> Asked:
    """Return the order with what the policy says where it says nothing. Raises PolicyError where neither does."""
    said, today = project.policy.scoring, f"{datetime.now(UTC):%Y-%m-%d}"
    source, target = asked.source or said.input, asked.target or said.output
    if not source or not target:
        raise PolicyError(
            "Nothing says which rows to score, and where the answers go.",
            next_step="trunkline score IN OUT, or write scoring.input and scoring.output into trunkline.yaml",
        )
    return replace(
        asked,
        compute=asked.compute or project.policy.training.compute,
        source=source.replace(DATE, today),
        target=target.replace(DATE, today),
        keep=asked.keep or (() if asked.source else said.keep),
        leave_out=asked.leave_out or (() if asked.source else said.leave_out),
    )
