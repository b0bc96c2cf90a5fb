"""Credentials for a service that knows its callers: the keys come from variables, never from a command line."""

from __future__ import annotations

from trunkline.core import secrets
from trunkline.core.keys import KEY_OF, Scope
from trunkline.core.own_service import Credentials, own_service
from trunkline.core.project import Project
from trunkline.predictions.stores.variables import variables_of


def credentials(project: Project, environment: str, scope: Scope) -> Credentials:
    """Return what asks the service of an environment: the key that the variables name, else this machine's own."""
    variables = variables_of(project.secret(environment), secrets.everything())
    return own_service(project.live(environment), key=variables.get(KEY_OF[scope], ""))
