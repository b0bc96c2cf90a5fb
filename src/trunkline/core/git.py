"""Git, run as a program: the one place that starts it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .errors import ForgeError, TrunklineError, UnavailableError
from .git_auth import credentials, server

SECONDS = 120
IDENTITY = {"user.name": "Trunkline", "user.email": "trunkline@localhost"}
"""Who commits where nobody is configured."""
_REACHES_OUT = ("fetch", "push", "ls-remote", "pull", "clone")
_LOCATIONS = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
}


def git(folder: Path, *words: str, error: type[TrunklineError] = ForgeError, next_step: str = "") -> str:
    """Run git in `folder` and return what it prints; raise `error` with its own words when it fails."""
    done = try_git(folder, *words)
    if done.returncode:
        raise error(
            f"git {' '.join(words[:2])} failed: {' '.join((done.stderr or done.stdout).split())}",
            next_step=next_step or f"run `git {' '.join(words)}` in {folder} to see why",
        )
    return done.stdout.rstrip("\n")


def try_git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run git in `folder`, with a neutral identity where none is configured, and without anyone's hooks of merging.

    Raises ForgeError when git or the folder is missing, UnavailableError when it does not end in two minutes.
    """
    # Inside a git hook these variables would point every call at the repository of the hook.
    environment = {name: value for name, value in os.environ.items() if name not in _LOCATIONS}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    if words[0] in _REACHES_OUT:
        environment |= credentials(server())  # git sends it to that server only, whatever the remote is
    flags: list[str] = []
    if words[0] in ("merge", "worktree"):
        flags = ["-c", "core.hooksPath=/dev/null"]
    if words[0] in ("commit", "merge", "worktree"):
        for key, value in IDENTITY.items():
            if try_git(folder, "config", key).returncode:
                flags += ["-c", f"{key}={value}"]
    try:
        return subprocess.run(
            ["git", *flags, *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except FileNotFoundError as error:
        missing = "git is not installed" if folder.is_dir() else f"There is no folder {folder}"
        raise ForgeError(f"{missing}.", next_step="install git, or correct the folder") from error
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(
            f"git {words[0]} did not end within {SECONDS} s.", next_step="try again"
        ) from error
