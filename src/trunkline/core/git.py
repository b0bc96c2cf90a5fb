"""Git, run as a program: the one place that starts it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import ForgeError, TrunklineError, UnavailableError
from .git_auth import credentials, server
from .git_settings import flags_for, inherited

SECONDS = 120
IDENTITY = {"user.name": "Trunkline", "user.email": "trunkline@localhost"}
"""Who commits where nobody is configured."""
_REACHES_OUT = ("fetch", "push", "ls-remote", "pull", "clone")


def git(folder: Path, *words: str, error: type[TrunklineError] = ForgeError, next_step: str = "") -> str:
    """Run git in `folder` and return what it prints; raise `error` with its own words when it fails."""
    done = try_git(folder, *words)
    if done.returncode:
        raise error(
            f"git {' '.join(words[:2])} failed: {' '.join((done.stderr or done.stdout).split())}",
            next_step=next_step or f"run `git {' '.join(words)}` in {folder} to see why",
        )
    return done.stdout.rstrip("\n")


def try_git(
    folder: Path,
    *words: str,
    stdin: str = "",
    environment: Mapping[str, str] | None = None,
    seconds: int = SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Run git in `folder` with a configuration of its own, and a neutral identity where none is configured.

    Raises ForgeError when git or the folder is missing, UnavailableError when it does not end in time.
    """
    flags: list[str] = []
    if words[0] in ("commit", "merge", "worktree"):
        for key, value in IDENTITY.items():
            if try_git(folder, "config", key).returncode:
                flags += ["-c", f"{key}={value}"]
    done = _run(folder, words, flags, stdin.encode(), environment or {}, seconds)
    return subprocess.CompletedProcess(done.args, done.returncode, _text(done.stdout), _text(done.stderr))


def first_commit(folder: Path) -> str:
    """Return the first commit of a repository, the same in all its clones. Raises UnavailableError in a shallow one."""
    if git(folder, "rev-parse", "--is-shallow-repository") == "true":
        raise UnavailableError(
            "This clone does not hold the whole history, so it does not know which project it is.",
            next_step="git fetch --unshallow (in a workflow: fetch-depth: 0)",
        )
    return git(folder, "rev-list", "--first-parent", "--max-parents=0", "HEAD")


def commit_in(listed: str, name: str) -> str:
    """Return the commit of the ref `name` in what `git ls-remote` lists, empty when it is not there.

    Git also lists every ref whose name ends in `name`, as `refs/a/refs/heads/main`, which anybody may push.
    """
    commits = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.splitlines())}
    return commits.get(name, "")


def git_bytes(
    folder: Path, *words: str, stdin: bytes = b"", error: type[TrunklineError] = ForgeError
) -> bytes:
    """Run git in `folder` and return what it prints as it is; raise `error` with its own words when it fails."""
    done = _run(folder, words, [], stdin, {}, SECONDS)
    if done.returncode:
        raise error(f"git {words[0]} failed: {' '.join(_text(done.stderr).split())}")
    return done.stdout


def _run(
    folder: Path,
    words: Sequence[str],
    flags: Sequence[str],
    stdin: bytes,
    added: Mapping[str, str],
    seconds: int,
) -> subprocess.CompletedProcess[bytes]:
    environment = inherited(os.environ) | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    if words[0] in _REACHES_OUT:
        environment |= credentials(server())  # git sends it to that server only, whatever the remote is
    try:
        return subprocess.run(
            ["git", *flags_for(words[0]), *flags, *words],
            cwd=folder,
            env=environment | dict(added),
            input=stdin,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except FileNotFoundError as error:
        missing = "git is not installed" if folder.is_dir() else f"There is no folder {folder}"
        raise ForgeError(f"{missing}.", next_step="install git, or correct the folder") from error
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(
            f"git {words[0]} did not end within {seconds} s.", next_step="try again"
        ) from error


def _text(printed: bytes) -> str:
    return printed.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
