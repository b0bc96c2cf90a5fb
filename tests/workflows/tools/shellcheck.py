"""shellcheck: every script of every step, read as the bash that GitHub starts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..finding import Finding
from ..repository import Repository
from ..workflow import EXPRESSION, line_of
from .absence import ToolMissing


def run(repositories: Sequence[Repository]) -> Iterator[Finding]:
    """Yield what shellcheck finds; a shell other than bash is a finding, for nothing would read it.

    Raises:
        ToolMissing: It is not installed beside this Python.
    """
    program = Path(sys.executable).with_name("shellcheck")
    if not program.is_file():
        raise ToolMissing("shellcheck is not installed beside this Python")
    places: dict[str, tuple[Repository, str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for repository in repositories:
            for workflow in repository.workflows:
                for _, step in workflow.steps():
                    if not step.run:
                        continue
                    line = line_of(step.tree, "run")
                    if step.tree.get("shell", "bash") != "bash":
                        message = "a script in another shell than bash is read by no checker"
                        yield Finding(
                            str(repository.folder), workflow.file, line, "shellcheck", "shell", message
                        )
                        continue
                    script = Path(folder) / f"{len(places)}.sh"
                    # An expression becomes text before bash sees it; that it is there is another check's business.
                    script.write_text(EXPRESSION.sub("text", step.run) + "\n", encoding="utf-8")
                    places[script.name] = (repository, workflow.file, line)
        options = ["--shell=bash", "--severity=style", "--format=json", "--norc"]
        names = sorted(places)
        command = [str(program), *options, *names]
        done = (
            subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if names
            else None
        )
    for found in json.loads(done.stdout) if done else []:
        owner, file, line = places[Path(found["file"]).name]
        rule = f"SC{found['code']}"
        yield Finding(str(owner.folder), file, line + found["line"] - 1, "shellcheck", rule, found["message"])
