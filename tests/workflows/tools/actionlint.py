"""actionlint: types of expressions, shapes of jobs, names of events; scripts are left to shellcheck alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..finding import Finding
from ..repository import Repository
from .absence import ToolMissing

PROGRAM = Path(__file__).parents[3] / ".tools" / "bin" / "actionlint"


def run(repositories: Sequence[Repository]) -> Iterator[Finding]:
    """Yield what actionlint finds.

    Raises:
        ToolMissing: It was not built: there was no Go toolchain.
    """
    if not PROGRAM.is_file():
        raise ToolMissing("actionlint is not there: .ci/tools builds it where there is a Go toolchain")
    files = {
        str((one.folder / workflow.file).resolve()): (one, workflow.file)
        for one in repositories
        for workflow in one.workflows
    }
    if not files:
        return
    command = [str(PROGRAM), "-shellcheck=", "-pyflakes=", "-format", "{{json .}}", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"actionlint broke: {done.stderr}")
    for found in json.loads(done.stdout):
        owner, file = files[str(Path(found["filepath"]).resolve())]
        yield Finding(str(owner.folder), file, found["line"], "actionlint", found["kind"], found["message"])
