"""GitHub's own language service: the schema of workflows, expressions, and the inputs of each action."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..finding import Finding
from ..interfaces import FOLDER
from ..repository import Repository
from .absence import ToolMissing

SOURCE = FOLDER.parent / "languageservice"
KEPT = FOLDER.parents[2] / ".tools"
UNREACHABLE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E40[137]|E50\d"
)
# A dependency of the service is written for `require`, which a bundled module does not have by itself.
REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);'


def run(repositories: Sequence[Repository]) -> Iterator[Finding]:
    """Yield every diagnostic, whatever its severity.

    Raises:
        ToolMissing: There is no Node, or no npm registry to install the service from.
    """
    program = bundle()
    files = [
        {"root": str(one.folder), "path": workflow.file} for one in repositories for workflow in one.workflows
    ]
    done = subprocess.run(
        ["node", str(program)],
        input=json.dumps({"actions": str(FOLDER), "files": files}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the language service broke: {done.stderr}")
    for found in json.loads(done.stdout):
        rule = "unchecked" if found["message"].startswith("not checked") else "diagnostic"
        yield Finding(found["root"], found["path"], found["line"], "languageservice", rule, found["message"])


def bundle() -> Path:
    """Return the service as one file, installed and bundled once for each lock and driver.

    Raises:
        ToolMissing: It cannot be had here.
    """
    parts = [SOURCE / name for name in ("package.json", "package-lock.json", "driver.mjs")]
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]
    kept = KEPT / f"languageservice-{digest}.mjs"
    if kept.is_file():
        return kept
    for name in ("node", "npm"):
        if not shutil.which(name):
            raise ToolMissing(f"{name} is not installed")
    KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        for part in parts:
            shutil.copy(part, folder)
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and UNREACHABLE.search(done.stderr):
            raise ToolMissing("the npm registry cannot be reached")
        if done.returncode:
            raise RuntimeError(f"npm ci failed: {done.stderr}")
        esbuild = "node_modules/.bin/esbuild"
        shape = ["--bundle", "--platform=node", "--format=esm", f"--banner:js={REQUIRE}"]
        command = [esbuild, "driver.mjs", *shape, "--outfile=bundle.mjs", "--log-level=warning"]
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        # In one step, for other tests may be at it too.
        (Path(folder) / "bundle.mjs").replace(kept)
    return kept
