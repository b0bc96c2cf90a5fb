"""Needed: the packages that the policy asks for beyond the toolkit's own, where they are not installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from urllib.parse import urlsplit

from trunkline.core.plugins import plugin
from trunkline.core.policy.policy import Policy
from trunkline.predictions.stores.objects import ObjectStore


def _installed(module: str) -> bool:
    return find_spec(module) is not None


def needed(policy: Policy, *, installed: Callable[[str], bool] = _installed) -> tuple[str, ...]:
    """Return what is missing here; the machine that serves needs it, this one only to watch.

    Raises PolicyError when no log store has the scheme of `serving.log.store`.
    """
    store, access = policy.serving.log.store, policy.serving.access
    asked = []
    if access.callers == "jwt":
        asked.append(("serving.access.callers: jwt", "pyjwt[crypto]", ["jwt", "cryptography"]))
    if store and plugin("log stores", urlsplit(store).scheme) is ObjectStore:
        asked.append((f"serving.log.store {store}", "obstore", ["obstore"]))
    return tuple(
        f"{key} needs the package {package}, which is not installed here: "
        "add it to requirements/serve.in and requirements/dev.in, then make lock and make setup"
        for key, package, modules in asked
        if not all(map(installed, modules))
    )
