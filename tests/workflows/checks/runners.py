"""The machine is the same tomorrow, or the repository's owner has named it."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of, listed

IMAGE = re.compile(r"(ubuntu-\d\d\.\d\d|macos-\d\d|windows-\d{4})(-arm)?")
CHOSEN = re.compile(rf"\$\{{\{{\s*vars\.\w+(\s*\|\|\s*'{IMAGE.pattern}')?\s*\}}\}}")


def check(repository: Repository) -> Remarks:
    """Yield each job whose machine changes under it."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            for label in listed(job.tree.get("runs-on")):
                if not IMAGE.fullmatch(str(label)) and not CHOSEN.fullmatch(str(label)):
                    line = line_of(job.tree, "runs-on")
                    yield workflow, line, f"{label} is neither a pinned image nor a variable of the repository"
