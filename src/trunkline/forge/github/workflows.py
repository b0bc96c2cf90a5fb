"""Workflows on GitHub, and the bundle that one of their runs tested."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from trunkline.core.errors import BundleError
from trunkline.core.record import digits
from trunkline.forge.protocol import Workflow

from .archive import LIMIT, unpack
from .client import API_VERSION, PAGE, Client
from .pulls import Pulls
from .refusals import Declined
from .views import ArtifactsView, ArtifactView, EventView, PullView, RunsView, RunView, WorkflowsView

FOLDER = ".github/workflows/"
TESTS = "ci.yml"
"""The workflow whose runs test bundles."""
STATUS_LIMIT = 140
"""Characters of a status's description."""
BASE_CHANGED = frozenset({"base_ref_changed", "automatic_base_change_succeeded"})
"""Events of a pull request whose base became another."""
WELL = "success"
"""The conclusion of runs that ended well; one that was skipped did nothing."""


class Workflows:
    """The workflows of one repository."""

    def __init__(self, client: Client, pulls: Pulls, main: str) -> None:
        self._client = client
        self._pulls = pulls
        self._main = main

    def start(self, workflow: str, branch: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow on a branch."""
        more = {"inputs": dict(inputs)} if inputs else {}
        self._client.ask(
            f"workflow {workflow} on {branch}",
            lambda: self._rest.actions.create_workflow_dispatch(
                *self._place, workflow, headers=API_VERSION, ref=branch, **more
            ),
        )

    def enable(self, workflow: str) -> None:
        """Let a workflow run again that was switched off."""
        self._client.ask(
            f"workflow {workflow}",
            lambda: self._rest.actions.enable_workflow(*self._place, workflow, headers=API_VERSION),
        )

    def set_status(self, commit: str, name: str, *, passed: bool, description: str, run: str) -> None:
        """Set a commit status: it counts for every pull request that has the commit as its head.

        GitHub counts the checks of a run for a pull request only where an event of that pull request, or a push,
        started the run; a status belongs to the commit, and a rule that asks for a check of that name takes it.
        """
        more = {"target_url": run} if run else {}
        self._client.ask(
            f"commit {commit[:12]}",
            lambda: self._rest.repos.create_commit_status(
                *self._place,
                commit,
                headers=API_VERSION,
                state="success" if passed else "failure",
                context=name,
                description=description[:STATUS_LIMIT],
                **more,
            ),
        )

    def all(self) -> tuple[Workflow, ...]:
        """Return the workflows by file name, each with its newest run."""

        def page(number: int) -> Any:
            return self._rest.actions.list_repo_workflows(
                *self._place, per_page=PAGE, page=number, headers=API_VERSION
            )

        rows = (WorkflowsView.model_validate(each) for each in self._client.pages("the workflows", page))
        found = []
        for view in (view for each in rows for view in each.workflows):
            if not view.path.startswith(FOLDER):
                continue  # GitHub's own, such as Dependabot's
            file = view.path.removeprefix(FOLDER)
            newest = self._newest(view.id, file)
            found.append(
                Workflow(
                    file=file,
                    state=view.state,
                    newest=newest.created_at if newest else None,
                    conclusion=(newest.conclusion or "") if newest else "",
                    succeeded=self._well(view.id, file, newest),
                )
            )
        return tuple(sorted(found, key=lambda workflow: workflow.file))

    def tested_bundle(self, commit: str, training_key: str, folder: Path, *, fork: bool = False) -> bool:
        """Unpack the bundle that was tested in the pull request that brought `commit` into main, if there is one."""
        name = f"bundle-{digits(training_key)[:16]}"
        for head, branch in self._merged_heads(commit, fork=fork):
            for run in self._passed(head, branch, fork=fork):
                for artifact in self._artifacts(run, name):
                    self._fetch(artifact, folder)
                    return True
        return False

    def _merged_heads(self, commit: str, *, fork: bool) -> list[tuple[str, str]]:
        """Return heads and branches of the merged pull requests that brought a commit.

        Left out are branches that were ever proposed into another base: a run for that one has the same head, and may
        have run the other base's code. So are all where several heads were merged at once: GitHub counts a pull request
        as merged whose head is an earlier commit of another one, and nobody reviewed that for itself.
        """
        try:
            rows = self._client.ask(
                f"the pull requests of {commit[:12]}",
                lambda: self._rest.repos.list_pull_requests_associated_with_commit(
                    *self._place, commit, headers=API_VERSION
                ),
            )
        except Declined as refused:
            if refused.status in (404, 422):  # the commit is not on GitHub
                return []
            raise
        views = [PullView.model_validate(row) for row in rows]
        merged = [view for view in views if view.merged_at and view.base.ref == self._main]
        if len({view.head.sha for view in merged}) > 1:
            return []
        return [
            (view.head.sha, view.head.ref)
            for view in merged
            if self._pulls.foreign(view) == fork and (fork or self._only_into_main(view.head.ref))
        ]

    def _only_into_main(self, branch: str) -> bool:
        """Whether the pull requests of a branch have, and always had, main as their base."""

        def page(number: int) -> Any:
            return self._rest.pulls.list(
                *self._place,
                state="all",
                head=f"{self._client.owner}:{branch}",
                per_page=PAGE,
                page=number,
                headers=API_VERSION,
            )

        answers = self._client.pages(f"the pull requests of {branch}", page)
        views = [PullView.model_validate(row) for answer in answers for row in answer]
        own = all(view.base.ref == self._main for view in views)
        return own and not any(self._base_changed(view.number) for view in views)

    def _base_changed(self, number: int) -> bool:
        """Whether a pull request had another base once; true where the token may not see it."""

        def page(which: int) -> Any:
            return self._rest.issues.list_events(
                *self._place, number, per_page=PAGE, page=which, headers=API_VERSION
            )

        try:
            answers = list(self._client.pages(f"the events of #{number}", page))
        except Declined as refused:
            if refused.status in (403, 404):
                return True
            raise
        return any(EventView.model_validate(row).event in BASE_CHANGED for rows in answers for row in rows)

    def _passed(self, head: str, branch: str, *, fork: bool) -> list[RunView]:
        def page(number: int) -> Any:
            return self._rest.actions.list_workflow_runs_for_repo(
                *self._place, head_sha=head, per_page=PAGE, page=number, headers=API_VERSION
            )

        answers = self._client.pages(f"the runs of {head[:12]}", page)
        runs = [run for answer in answers for run in RunsView.model_validate(answer).workflow_runs]
        return [
            run
            for run in runs
            if run.head_sha == head
            and run.head_branch == branch
            and run.path.split("@")[0] == FOLDER + TESTS
            and run.conclusion == "success"
            and run.head_repository is not None
            and (run.head_repository.full_name.lower() != self._client.repository.lower()) == fork
        ]

    def _artifacts(self, run: RunView, name: str) -> list[ArtifactView]:
        answer = self._client.ask(
            f"the artifacts of run {run.id}",
            lambda: self._rest.actions.list_workflow_run_artifacts(
                *self._place, run.id, name=name, headers=API_VERSION
            ),
        )
        found = ArtifactsView.model_validate(answer).artifacts
        return [
            each for each in found if each.name == name and not each.expired and each.size_in_bytes <= LIMIT
        ]

    def _fetch(self, artifact: ArtifactView, folder: Path) -> None:
        """Unpack an artifact into a folder; raise BundleError when its bytes are not those that GitHub recorded."""
        seen = hashlib.sha256()
        with tempfile.TemporaryFile() as file:
            with self._client.download(
                f"the artifact {artifact.name}",
                lambda: self._rest.actions.download_artifact(
                    *self._place, artifact.id, "zip", headers=API_VERSION, stream=True
                ),
            ) as parts:
                for part in parts:
                    file.write(part)
                    seen.update(part)
                    if file.tell() > LIMIT:
                        break
            if artifact.digest != f"sha256:{seen.hexdigest()}":
                raise BundleError(
                    f"The artifact {artifact.name} is not what GitHub recorded when it was uploaded"
                    f" ({artifact.digest or 'no digest'}).",
                    value=f"sha256:{seen.hexdigest()}",
                    next_step="nothing of it was opened; find out who replaced it",
                )
            unpack(file, folder, what=f"the artifact {artifact.name}")

    def _well(self, workflow: int, file: str, newest: RunView | None) -> datetime | None:
        """Return when the newest run that ended well was created."""
        if newest is not None and newest.conclusion != WELL:
            newest = self._newest(workflow, file, status=WELL)
        return newest.created_at if newest else None

    def _newest(self, workflow: int, file: str, *, status: str = "") -> RunView | None:
        # A run on another branch is somebody's try, and says nothing of main's.
        asked = {"branch": self._main} | ({"status": status} if status else {})
        answer = self._client.ask(
            f"the runs of {file}",
            lambda: self._rest.actions.list_workflow_runs(
                *self._place, workflow, per_page=1, exclude_pull_requests=True, headers=API_VERSION, **asked
            ),
        )
        runs = RunsView.model_validate(answer).workflow_runs
        return runs[0] if runs else None

    @property
    def _rest(self) -> Any:
        return self._client.github.rest

    @property
    def _place(self) -> tuple[str, str]:
        return self._client.owner, self._client.name
