"""Conclusion: what all jobs of a run came to, said on the commit where no pull request started the run."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.forge import PullRequest, open_forge

CHECK = "pass"
"""The one check that main requires: a job of ci.yml, and a status of this name where that job does not count."""
_GOOD = ("success", "skipped")


def failed(results: Mapping[str, str]) -> list[str]:
    """Return the jobs that hold a merge up; a job that was skipped was not needed, unless nothing said so."""
    return sorted(
        name for name, result in results.items() if result not in (_GOOD[:1] if name == "tiers" else _GOOD)
    )


def conclude(project: Project, commit: str, results: Mapping[str, str], *, run: str = "") -> bool:
    """Say on a commit whether every job of its run ended well, and return that.

    No commit passes that was pushed after the one that was judged, while its pull request merges itself.
    """
    forge = open_forge(project)
    wrong = failed(results) if "tiers" in results else ["tiers"]
    description = f"Not passed: {', '.join(wrong)}" if wrong else "Everything that the change needs passed"
    if not wrong and any(pull.moved == commit for pull in forge.pull_requests(state="open")):
        wrong, description = ["promotion"], "It would merge itself, and this commit was not judged"
    forge.set_status(commit, name=CHECK, passed=not wrong, description=description, run=run)
    return not wrong


def require_judged(pull: PullRequest) -> None:
    """Raise ForgeError where a pull request merges itself, and somebody pushed after the judgement."""
    if pull.moved:
        raise ForgeError(
            f"#{pull.number} merges itself once its checks pass, and its newest commit was not judged.",
            value=pull.moved,
            next_step=f"gh pr merge --disable-auto {pull.number}, then run this job again: a person merges it",
        )
