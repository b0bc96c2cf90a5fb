"""What shall serve an environment, seen from this machine: by its own target, or by main and the log's store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trunkline.core import secrets
from trunkline.core.errors import UnavailableError
from trunkline.core.git import git
from trunkline.core.keys import KEY_OF
from trunkline.core.project import Project
from trunkline.core.proxies import private
from trunkline.core.release import Release
from trunkline.delivery import read_state, stage_since
from trunkline.delivery.targets.protocol import Process
from trunkline.loop.changes.merged import require_merged_file
from trunkline.loop.changes.taken_back import states_on_main
from trunkline.predictions.opening import open_log
from trunkline.predictions.stores.variables import variables_of
from trunkline.predictions.whereabouts import read_through, service_of, store_of, takes_key

from .deploying import history_of, out_of_reach, serves_here, target_of
from .tunnel import address_of


@dataclass(frozen=True)
class Assigned:
    """What shall serve, and what of its service can be asked from here."""

    release: Release
    here: bool = True
    """Whether this machine's target told it; else main did, and the log comes from its store."""
    address: str = ""
    """Where the service answers; empty where that is not known."""
    keyed: bool = True
    """Whether a key may be sent there."""
    process: Process | None = None
    log: Path | None = None
    """The service's own log."""


def assigned(project: Project, environment: str) -> Assigned | None:
    """Return what shall serve an environment; None where nothing does, or it cannot be seen from here.

    Where nothing was ever deployed from this machine, and a store of the log is within reach, main's desired state
    tells: whoever reads it needs no machine that stays. Raises ForgeError when its file is not what main holds,
    StorageError when the store cannot be opened, UnavailableError where another machine cannot be reached.
    """
    if not _elsewhere(project, environment):
        target = target_of(project, environment)
        if (release := target.assigned()) is None:
            return None
        return Assigned(
            release, True, address_of(project, environment), True, target.check().process, target.logs()
        )
    path = project.deployment(environment)
    require_merged_file(project, path)
    wanted = read_state(path).release(git(project.root, "log", "-1", "--format=%H", "--", str(path)))
    if wanted is None:
        return None
    address = service_of(project, environment)
    keyed = takes_key(project, environment, address)
    return Assigned(wanted, False, address or "", keyed)


def require_log(project: Project, environment: str) -> None:
    """Reach the log where it lies on another machine; raise UnavailableError where nothing does.

    Taken for empty, it would look quiet.
    """
    known = project.deployment(environment).is_file()
    if not known or serves_here(project, environment) or store_of(project, environment) is not None:
        return
    older = project.predictions(environment)
    given = variables_of(project.secret(environment), secrets.everything())
    if given.get(KEY_OF["log"]) and not older.is_dir():
        address = address_of(project, environment)
        if private(address):
            read_through(environment, address)
            return
    raise UnavailableError(
        f"The prediction log of {environment} lies on the machine that serves, and nothing says how to read it.",
        next_step="name where it can be read: serving.log.store in trunkline.yaml; or read it over SSH, with a key that"
        f" `trunkline key new --environment {environment} --scope log` makes, as TRUNKLINE_KEY_LOG"
        + (f"; and move away {older}, an older log" if older.is_dir() else ""),
    )


def nothing_to_see(project: Project, environment: str) -> str:
    """Return why this machine has nothing to look at, and what would switch it on; empty when it has."""
    if assigned(project, environment) is not None:
        return ""
    if read_state(project.deployment(environment)).champion is None:
        return (
            f"{environment} serves no version yet. Merge the pull request that `trunkline release` opens, and run"
            f" `trunkline deploy {environment}`."
        )
    why = out_of_reach(project, environment) or f"Nothing serves {environment} on this machine."
    return (
        f"{why} To look at it from any machine, name where its log can be read: serving.log.store in"
        " trunkline.yaml, with the repository variables TRUNKLINE_LOG_STORE and AWS_ROLE_ARN for a bucket, or"
        " TRUNKLINE_SERVICE_URL and the secret TRUNKLINE_KEY_LOG for a service. On the"
        " machine that serves, a self-hosted runner sees it too: TRUNKLINE_RUNNER names its label."
    )


def stage_began(project: Project, environment: str, serves: Assigned) -> datetime | None:
    """Return when the stage that serves began; None where nothing tells.

    The deployments tell it, where this machine can see them. Elsewhere, as in a fresh clone, it is the first answer of
    its challenger after main desired the stage.
    """
    if serves.here and (since := stage_since(history_of(project, environment), serves.release)):
        return since
    challenger, merged = serves.release.challenger, ""
    stage = (serves.release.strategy, serves.release.champion, challenger, serves.release.share)
    for commit, state in states_on_main(project, environment):
        if (state.strategy, state.champion, state.challenger, state.share) != stage:
            break
        merged = commit
    if challenger is None or not merged:
        return None
    window = open_log(project, environment).between(
        since=datetime.fromisoformat(git(project.root, "show", "-s", "--format=%cI", merged))
    )
    answers = (*window.predictions, *window.silent)
    return min((row.time for row in answers if row.bundle == challenger.bundle), default=None)


def _elsewhere(project: Project, environment: str) -> bool:
    """Whether the log can be read from a store, and nothing was ever deployed on this machine."""
    return not project.live(environment).is_dir() and store_of(project, environment) is not None
