"""The lines of docs/production.md, typed in a project as whoever reads them would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from containers import BASE
from trunkline.core.project import Project
from trunkline.loop.release import imaging

from .conftest import git, write

DOCUMENT = Path(__file__).parents[3] / "docs/production.md"
STATE = """
# who serves
environment: production
target:
  kind: local
  port: {port}
strategy: none
"""


def lines_of_the_document(host: str, registry: str, folder: Path) -> str:
    """Return the lines without GitHub, with this host, registry and folder of the host in them."""
    text = DOCUMENT.read_text(encoding="utf-8")
    lines = re.search(r"## Without GitHub.*?```console\n(.*?)```", text, re.DOTALL)
    assert lines
    assert len(lines[1].splitlines()) <= 10, "the document promises ten lines"
    script = lines[1].replace("deploy@prod.example.org", host).replace("ghcr.io/acme", f"{registry}/acme")
    return script.replace(f"host: {host}", f"host: {host}\\n  folder: {folder}")


@contextmanager
def typed(project: Project, host: str, port: int, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Yield what types lines in a project whose main names a process of this machine; production stops at the end."""
    if not shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("no haproxy is installed")
    write(project.deployment("production"), STATE.format(port=port))
    git(project.root, "commit", "--quiet", "--all", "--message", "A process of this machine")
    # The client of whoever types the first line: it knows the machine, as ssh's own configuration would say.
    client, key = tmp_path / "bin/ssh", tmp_path / "key"
    write(client, f'#!/bin/sh\nexec {shutil.which("ssh")} -F "$TRUNKLINE_SSH_CONFIG" -i {key} "$@"\n')
    client.chmod(0o755)
    write(key, os.environ["TRUNKLINE_SSH_KEY"])
    key.chmod(0o600)
    path = f"{client.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, imaging.BASE_IMAGE: BASE}

    def sh(words: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", words],
            cwd=project.root,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=400,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    try:
        yield sh
    finally:
        sh("trunkline stop production")


def take_back(project: Project) -> None:
    """Revert the last merge on main, and push it."""
    root = project.root
    merge = git(root, "log", "-1", "--format=%H", "--merges") or git(root, "rev-parse", "HEAD")
    parents = git(root, "log", "-1", "--format=%P", merge).split()
    git(root, "revert", "--no-edit", *(["--mainline", "1"] if len(parents) > 1 else []), merge)
    git(root, "push", "--quiet", "origin", "HEAD:main")
