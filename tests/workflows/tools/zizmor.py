"""zizmor: security of workflows, as strict as it can be without asking GitHub."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..finding import Finding
from ..repository import Repository
from .absence import ToolMissing

IGNORED = re.compile(r"#\s*zizmor:\s*ignore\[[\w, -]+\]\s*(?P<reason>.*)")


def run(repositories: Sequence[Repository]) -> Iterator[Finding]:
    """Yield what zizmor finds, and each ignore comment that gives no reason.

    Raises:
        ToolMissing: It is not installed beside this Python.
    """
    program = Path(sys.executable).with_name("zizmor")
    if not program.is_file():
        raise ToolMissing("zizmor is not installed beside this Python")
    for repository in repositories:
        for workflow in repository.workflows:
            for number, line in enumerate(workflow.lines, 1):
                ignored = IGNORED.search(line)
                if ignored and not ignored["reason"]:
                    message = "a finding is ignored without a reason"
                    yield Finding(str(repository.folder), workflow.file, number, "zizmor", "ignored", message)
    if repositories:
        yield from _audited(program, list(repositories))


def _audited(program: Path, repositories: list[Repository]) -> Iterator[Finding]:
    options = [
        "--offline",
        "--strict-collection",
        "--persona=auditor",
        "--format=json",
        "--no-progress",
        "--quiet",
    ]
    files = [file for repository in repositories for file in _files(repository)]
    done = subprocess.run([program, *options, *files], capture_output=True, text=True, check=False)
    if done.returncode in (0, *range(11, 15)):
        yield from _found(json.loads(done.stdout), repositories)
    elif len(repositories) > 1:
        # A file that cannot be read keeps all others from being judged.
        middle = len(repositories) // 2
        yield from _audited(program, repositories[:middle])
        yield from _audited(program, repositories[middle:])
    else:
        folder = repositories[0].folder
        named = re.search(re.escape(str(folder)) + r"/(\S+\.ya?ml)", done.stderr)
        reason = " ".join(done.stderr.split("Stack backtrace")[0].split())
        yield Finding(str(folder), named.group(1) if named else ".github", 1, "zizmor", "unreadable", reason)


def _files(repository: Repository) -> list[str]:
    """Return the workflows that are looked at, and what else of `.github` zizmor understands."""
    home = repository.folder / ".github"
    others = [*home.glob("dependabot.y*ml"), *home.glob("actions/**/action.y*ml")]
    return [str(repository.folder / workflow.file) for workflow in repository.workflows] + [
        str(file) for file in others
    ]


def _found(findings: list[dict[str, Any]], repositories: list[Repository]) -> Iterator[Finding]:
    for found in findings:
        places = {place["symbolic"]["kind"]: place for place in found["locations"]}
        primary = places.get("Primary", found["locations"][0])
        path = Path(primary["symbolic"]["key"]["Local"]["verbatim_path"])
        owner = next(one for one in repositories if path.is_relative_to(one.folder / ".github"))
        line = primary["concrete"]["location"]["start_point"]["row"] + 1
        file = path.relative_to(owner.folder).as_posix()
        yield Finding(str(owner.folder), file, line, "zizmor", found["ident"], found["desc"])
