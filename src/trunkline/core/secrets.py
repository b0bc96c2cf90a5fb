"""Secrets: a job's tokens, kept out of the environment in which the project's own code is imported and run."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from .surroundings import ALLOWED, ALLOWED_BEGINNINGS

STOWED = "TRUNKLINE_STOWED"
"""The variable that names the open file of stowed variables, until it is read."""
_PLAIN = frozenset({"CI", "MLFLOW_TRACKING_URI"})
_PLAIN |= {"TRUNKLINE_TOKEN", "TRUNKLINE_APP_ID"}  # whose token it is, and not the token
_PLAIN |= {"VERSION", "BUNDLE", "IMAGE", "PUSH", "NEEDS", "PULL_REQUEST", "BRANCH", "COMMIT", "RUN_URL"}
_PLAIN |= {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
_PLAIN |= {name.lower() for name in _PLAIN if name.endswith("_PROXY")}
_PLAIN_BEGINNINGS = ("GITHUB_", "RUNNER_", "TRUNKLINE_", "GIT_", "XDG_")
_NOT_PLAIN = frozenset(
    {
        *("GITHUB_TOKEN", "TRUNKLINE_SMTP_PASSWORD", "TRUNKLINE_WEBHOOK_URL"),
        # Files by which a step sets variables, paths and answers of the steps after it.
        *("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"),
    }
)
_SOUNDS_SECRET = re.compile(r"TOKEN|KEY|SECRET|PASS|CREDENTIAL|AUTH|_PAT$|^GIT_CONFIG_")
"""A name that the toolkit does not know is judged by its words: a header of git's may carry a token too."""
_NO_SECRETS = frozenset({"GPG_KEY", "SSH_AUTH_SOCK", "XAUTHORITY"})
_stowed: dict[str, str] = {}
"""Variables that were set aside when this process started; like the environment, for the whole process."""


def plain(name: str) -> bool:
    """Whether a variable of a workflow holds no secret, and the toolkit reads it."""
    if name in _NOT_PLAIN:
        return False
    if name in ALLOWED or name in _PLAIN:
        return True
    begins = name.startswith((*ALLOWED_BEGINNINGS, *_PLAIN_BEGINNINGS))
    return begins and not _SOUNDS_SECRET.search(name.upper())


def sounds_secret(name: str) -> bool:
    """Whether a variable may hold a secret, by its name; what Python's own images and a desktop set does not."""
    return not plain(name) and name not in _NO_SECRETS and bool(_SOUNDS_SECRET.search(name.upper()))


def stow() -> None:
    """In a workflow, start this program again without the variables that may be secrets, and keep them aside.

    They are passed on in an open file without a name. So neither `os.environ` nor the system's record of the process
    (`/proc/self/environ`) holds them when the project's code runs. The environment of the shell above is not changed.
    Outside a workflow nothing happens: on their own machine, people's code may read everything.
    """
    if file := os.environ.pop(STOWED, ""):
        with os.fdopen(int(file), "rb") as stream:
            _stowed.update(json.loads(stream.read()))
        return
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    aside = {name: value for name, value in os.environ.items() if not plain(name)}
    if not aside:
        return
    kept = {name: value for name, value in os.environ.items() if plain(name)}
    with tempfile.TemporaryFile() as stream:
        stream.write(json.dumps(aside).encode())
        stream.flush()
        stream.seek(0)
        os.set_inheritable(stream.fileno(), True)
        os.execve(  # noqa: S606 - the very command that is running
            sys.executable, [sys.executable, *sys.orig_argv[1:]], kept | {STOWED: str(stream.fileno())}
        )


def secret(name: str) -> str:
    """Return a variable of the environment, also one that was stowed; empty where there is none."""
    return os.environ.get(name, "") or _stowed.get(name, "")


def kept_any() -> bool:
    """Whether anything was stowed, which the project's code does not see."""
    return bool(_stowed)


def everything() -> Mapping[str, str]:
    """Return the whole environment, for programs that run no model."""
    return {**_stowed, **os.environ}


@contextmanager
def lent(names: Collection[str] | None = None) -> Iterator[None]:
    """Put stowed variables back into the environment for a while: those in `names`, by default all of them."""
    added = {
        name: value
        for name, value in _stowed.items()
        if name not in os.environ and (names is None or name in names)
    }
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
