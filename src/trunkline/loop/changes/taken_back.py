"""Taken back: what main desired of an environment and people went back from, so that no program proposes it again."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.core.errors import TrunklineError
from trunkline.core.git import git, try_git
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, parse_state

from .merged import main_branch

COMMITS = 200
"""Newest changes of a desired state that are looked at."""


@dataclass(frozen=True)
class TakenBack:
    """A desired state that was left again for one that was there before; `commit` did that."""

    state: DesiredState
    commit: str

    @property
    def routes(self) -> tuple[Route, ...]:
        """Return the versions that it named."""
        return self.state.routes


def taken_back(project: Project, environment: str) -> tuple[TakenBack, ...]:
    """Return the states of an environment that lie between its state of now and the same state earlier, newest first.

    That is what reverting a merge, or merging a way back, leaves in the history of main. A version that another one
    replaced is not among them, for main then desires what it never did before.
    """
    known = states_on_main(project, environment)
    if not known:
        return ()
    now = _identity(known[0][1])
    again = max(place for place, (_, state) in enumerate(known) if _identity(state) == now)
    return tuple(
        TakenBack(state=state, commit=known[place - 1][0])
        for place, (_, state) in enumerate(known[:again])
        if _identity(state) != now
    )


def version_taken_back(project: Project, environment: str, bundle: str) -> TakenBack | None:
    """Return how people took a bundle back that main desires no longer, None where they did not."""
    found = taken_back(project, environment)
    return next((one for one in found if bundle in {route.bundle for route in one.routes}), None)


def stage_taken_back(project: Project, wanted: DesiredState) -> TakenBack | None:
    """Return how people took a stage back, None where they did not."""
    found = taken_back(project, wanted.environment)
    return next((one for one in found if _identity(one.state) == _identity(wanted)), None)


def _identity(state: DesiredState) -> tuple[str, ...]:
    routes = (state.champion, state.challenger)
    return state.strategy, *(route.bundle if route else "" for route in routes)


def states_on_main(project: Project, environment: str) -> list[tuple[str, DesiredState]]:
    """Return the last 200 states of an environment on main with their commits, newest first."""
    main, path = main_branch(project), project.deployment(environment)
    name = path.relative_to(project.root).as_posix()
    logged = git(
        project.root,
        "log",
        "--first-parent",
        f"--max-count={COMMITS}",
        "--format=%H",
        main,
        "--",
        f"./{name}",
    )
    known = []
    for commit in logged.split():
        shown = try_git(project.root, "show", f"{commit}:./{name}")
        if shown.returncode:
            continue
        try:
            known.append((commit, parse_state(shown.stdout, environment=environment, origin=name)))
        except TrunklineError:  # an older version wrote it, or nobody could have deployed it
            continue
    return known
