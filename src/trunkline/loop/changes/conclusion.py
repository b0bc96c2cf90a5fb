"""Conclusion: what all jobs of a run came to, said on the commit where no pull request started the run."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.core.project import Project
from trunkline.forge import open_forge

CHECK = "pass"
"""The one check that main requires: a job of ci.yml, and a status of this name where that job does not count."""
_GOOD = ("success", "skipped")


def failed(results: Mapping[str, str]) -> list[str]:
    """Return the jobs that hold a merge up; a job that was skipped was not needed, unless nothing said so."""
    return sorted(
        name for name, result in results.items() if result not in (_GOOD[:1] if name == "tiers" else _GOOD)
    )


def conclude(project: Project, commit: str, results: Mapping[str, str], *, run: str = "") -> bool:
    """Say on a commit whether every job of its run ended well, and return that."""
    wrong = failed(results) if "tiers" in results else ["tiers"]
    description = f"Not passed: {', '.join(wrong)}" if wrong else "Everything that the change needs passed"
    open_forge(project).set_status(commit, name=CHECK, passed=not wrong, description=description, run=run)
    return not wrong
