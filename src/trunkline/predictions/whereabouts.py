"""Where an environment's log lies: by the policy that main holds; a variable may only name what the policy leaves open.

Whoever may set a repository's variables need not be who may change main: in a workflow, no key goes where only a
variable points, and no evidence comes from there.
"""

from __future__ import annotations

import os

from trunkline.core import secrets
from trunkline.core.errors import StorageError
from trunkline.core.project import Project
from trunkline.core.proxies import private

from .copies import LogCopy
from .stores import LogStore, open_store, ships
from .stores.address import ENVIRONMENT
from .stores.variables import variables_of

VARIABLE = "TRUNKLINE_LOG_STORE"
"""Names the store where the policy names none, on a machine of one's own; in a workflow it switches schedules on."""
SERVICE = "TRUNKLINE_SERVICE_URL"
"""Where the service answers; on a machine of one's own, it hands out its log where no other store is named."""


_SERVICES = ("https://", "http://")
_reached: dict[str, str] = {}
"""Where this process reaches the service of an environment through a tunnel."""


def read_through(environment: str, address: str) -> None:
    """Read an environment's log at an address of this machine that leads to its service, while this process lives."""
    _reached[environment] = address


def store_of(project: Project, environment: str) -> LogStore | None:
    """Return the log's store; None where the log's own folder is here, or nowhere else.

    Raises StorageError or UnavailableError where it cannot be opened, or where only a repository's variable names it.
    """
    if environment not in project.environments():
        return None  # what is only tried is not shipped
    if not (address := _reached.get(environment) or _address(project)):
        return None
    variables = variables_of(project.secret(environment), secrets.everything())
    store = open_store(address, environment, variables)
    return store if store.writable or not project.predictions(environment).is_dir() else None


def copy_of(project: Project, environment: str) -> LogCopy | None:
    """Return this machine's copy of the log's store; None where there is none."""
    store = store_of(project, environment)
    return LogCopy(store, project.work / "copies" / environment) if store is not None else None


def log_address(project: Project, environment: str) -> str:
    """Return the address of the store that answers given outside of the service are put into; empty where none is.

    Then they go into the log's folder on this machine. Raises StorageError where the service hands out its log itself
    and runs elsewhere: nobody would find them there.
    """
    address = _address(project)
    if address and ships(address):
        return address
    if address and not project.predictions(environment).is_dir():
        raise StorageError(
            f"The log of {environment} lies with its service, and what is answered here cannot be put there.",
            value=address,
            next_step="name a bucket in serving.log.store, or run this on the machine that serves",
        )
    return ""


def service_of(project: Project, environment: str) -> str:
    """Return where the service of an environment answers, as far as its log's address or a variable tells."""
    known, found = _address(project), secrets.secret(SERVICE)
    if known.startswith(_SERVICES):
        _require_same(SERVICE, found, known)
        found = known
    return _at(found, environment) if found.startswith(_SERVICES) else ""


def takes_key(project: Project, environment: str, address: str) -> bool:
    """Whether a key may go to the service at an address that `service_of` returned.

    Main must name it, or this machine's own user, and nobody may read along on the way.
    """
    named = project.policy.serving.log.store
    trusted = not _in_workflow() or address == _at(named, environment)
    return trusted and private(address)


def _at(address: str, environment: str) -> str:
    return address.replace(ENVIRONMENT, environment).rstrip("/")


def _address(project: Project) -> str:
    named = project.policy.serving.log.store
    given = {name: value for name in (VARIABLE, SERVICE) if (value := secrets.secret(name))}
    if named:
        _require_same(VARIABLE, given.get(VARIABLE, ""), named)
        return named
    for name, value in given.items():
        if _in_workflow():
            raise StorageError(
                f"main does not say where the log lies, and the variable {name} alone is not believed.",
                value=value,
                next_step=f"write `serving: {{log: {{store: '{value}'}}}}` into trunkline.yaml, and merge it",
            )
        return value
    return ""


def _require_same(name: str, given: str, named: str) -> None:
    if given and given.rstrip("/") != named.rstrip("/"):
        raise StorageError(
            f"The variable {name} names another address than serving.log.store in trunkline.yaml.",
            value=given,
            next_step=f"set {name} to {named}, or change trunkline.yaml on main",
        )


def _in_workflow() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"
