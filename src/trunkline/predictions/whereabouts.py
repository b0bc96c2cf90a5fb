"""Where an environment's log lies, as this machine reaches it: by its policy, or by a variable."""

from __future__ import annotations

from trunkline.core import secrets
from trunkline.core.project import Project

from .copies import LogCopy
from .stores import LogStore, open_store
from .stores.address import ENVIRONMENT
from .stores.variables import variables_of

VARIABLE = "TRUNKLINE_LOG_STORE"
"""Names the store instead of the policy: on a machine that reaches it by another address."""
SERVICE = "TRUNKLINE_SERVICE_URL"
"""Where the service answers; it hands out its log where no other store is named."""


def store_of(project: Project, environment: str) -> LogStore | None:
    """Return the log's store; None where the log's own folder is here, or nowhere else.

    Raises StorageError or UnavailableError where it cannot be opened.
    """
    address = _address(project)
    # What is only tried is not shipped.
    if not address or environment not in project.environments():
        return None
    variables = variables_of(project.secret(environment), secrets.everything())
    store = open_store(address, environment, variables)
    return store if store.writable or not project.predictions(environment).is_dir() else None


def copy_of(project: Project, environment: str) -> LogCopy | None:
    """Return this machine's copy of the log's store; None where there is none."""
    store = store_of(project, environment)
    return LogCopy(store, project.work / "copies" / environment) if store is not None else None


def service_of(project: Project, environment: str) -> str:
    """Return where the service of an environment answers, as far as its log's address or a variable tells."""
    found = secrets.secret(SERVICE) or _address(project)
    address = found.replace(ENVIRONMENT, environment).rstrip("/")
    return address if address.startswith(("https://", "http://")) else ""


def _address(project: Project) -> str:
    return secrets.secret(VARIABLE) or project.policy.serving.log.store or secrets.secret(SERVICE)
