"""Workflows on GitHub, and the bundle that one of their runs tested."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.core.errors import BundleError
from trunkline.core.record import digits
from trunkline.forge.protocol import Workflow

from .archive import LIMIT, unpack
from .pulls import Pulls
from .refusals import Declined
from .views import ArtifactView, EventView, PullView, RunView, WorkflowView

FOLDER = ".github/workflows/"
TESTS = "ci.yml"
"""The workflow whose runs test bundles."""
STATUS_LIMIT = 140
"""Characters of a status's description."""
BASE_CHANGED = frozenset({"base_ref_changed", "automatic_base_change_succeeded"})
"""Events of a pull request whose base became another."""
WELL = "success"
"""The conclusion of runs that ended well; one that was skipped did nothing."""


class Workflows(Pulls):
    """The workflows of one repository."""

    def start(self, workflow: str, *, branch: str, inputs: Mapping[str, str] | None = None) -> bool:
        """Start a workflow on a branch."""
        more: dict[str, Any] = {"inputs": dict(inputs)} if inputs else {}
        dispatch = self._rest.actions.create_workflow_dispatch
        self._client.ask(f"workflow {workflow} on {branch}", dispatch, workflow, ref=branch, **more)
        return True

    def enable(self, workflow: str) -> None:
        """Let a workflow run again that was switched off."""
        self._client.ask(f"workflow {workflow}", self._rest.actions.enable_workflow, workflow)

    def set_status(self, commit: str, *, name: str, passed: bool, description: str, run: str = "") -> bool:
        """Set a commit status: it counts for every pull request that has the commit as its head.

        GitHub counts the checks of a run for a pull request only where an event of that pull request, or a push,
        started the run; a status belongs to the commit, and a rule that asks for a check of that name takes it.
        """
        more: dict[str, Any] = {"target_url": run} if run else {}
        self._client.ask(
            f"commit {commit[:12]}",
            self._rest.repos.create_commit_status,
            commit,
            state="success" if passed else "failure",
            context=name,
            description=description[:STATUS_LIMIT],
            **more,
        )
        return True

    def workflows(self) -> tuple[Workflow, ...]:
        """Return the workflows by file name, each with its newest run: one request for each."""
        listed = self._client.rows(
            "the workflows", self._rest.actions.list_repo_workflows, within="workflows"
        )
        views = [WorkflowView.model_validate(row) for row in listed]
        # The others are GitHub's own, such as Dependabot's.
        found = [self._workflow(view) for view in views if view.path.startswith(FOLDER)]
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

    def _workflow(self, view: WorkflowView) -> Workflow:
        file = view.path.removeprefix(FOLDER)
        newest = self._newest_run(view.id, file)
        well = (
            newest
            if not newest or newest.conclusion == WELL
            else self._newest_run(view.id, file, status=WELL)
        )
        return Workflow(
            file=file,
            state=view.state,
            newest=newest.created_at if newest else None,
            conclusion=(newest.conclusion or "") if newest else "",
            succeeded=well.created_at if well else None,
        )

    def _newest_run(self, workflow: int, file: str, **asked: Any) -> RunView | None:
        # A run on another branch is somebody's try, and says nothing of main's.
        answer = self._client.ask(
            f"the runs of {file}",
            self._rest.actions.list_workflow_runs,
            workflow,
            branch=self.main,
            per_page=1,
            exclude_pull_requests=True,
            **asked,
        )
        runs = answer["workflow_runs"]
        return RunView.model_validate(runs[0]) if runs else None

    def _merged_heads(self, commit: str, *, fork: bool) -> list[tuple[str, str]]:
        """Return heads and branches of the merged pull requests that brought a commit.

        Left out are branches that were ever proposed into another base: a run for that one has the same head, and may
        have run the other base's code. All are left out if several heads were merged at once: GitHub counts a pull
        request as merged whose head is an earlier commit of another one, and nobody reviewed that for itself.
        """
        brought = self._rest.repos.list_pull_requests_associated_with_commit
        try:
            rows = self._client.ask(f"the pull requests of {commit[:12]}", brought, commit)
        except Declined as refused:
            if refused.status in (404, 422):  # the commit is not on GitHub
                return []
            raise
        views = [PullView.model_validate(row) for row in rows]
        merged = [view for view in views if view.merged_at and view.base.ref == self.main]
        if len({view.head.sha for view in merged}) > 1:
            return []
        return [
            (view.head.sha, view.head.ref)
            for view in merged
            if self._foreign(view) == fork and (fork or self._only_into_main(view.head.ref))
        ]

    def _only_into_main(self, branch: str) -> bool:
        """Whether the pull requests of a branch have, and always had, main as their base."""
        head = f"{self._client.owner}:{branch}"
        rows = self._client.rows(
            f"the pull requests of {branch}", self._rest.pulls.list, state="all", head=head
        )
        views = [PullView.model_validate(row) for row in rows]
        own = all(view.base.ref == self.main for view in views)
        return own and not any(self._base_changed(view.number) for view in views)

    def _base_changed(self, number: int) -> bool:
        """Whether a pull request had another base once; true where the token may not see it."""
        try:
            rows = list(self._client.rows(f"the events of #{number}", self._rest.issues.list_events, number))
        except Declined as refused:
            if refused.status in (403, 404):
                return True
            raise
        return any(EventView.model_validate(row).event in BASE_CHANGED for row in rows)

    def _passed(self, head: str, branch: str, *, fork: bool) -> list[RunView]:
        runs = self._rest.actions.list_workflow_runs_for_repo
        rows = self._client.rows(f"the runs of {head[:12]}", runs, within="workflow_runs", head_sha=head)
        return [
            run
            for run in map(RunView.model_validate, rows)
            if run.head_sha == head
            and run.head_branch == branch
            and run.path.split("@")[0] == FOLDER + TESTS
            and run.conclusion == WELL
            and run.head_repository is not None
            and (run.head_repository.full_name.lower() != self._client.repository.lower()) == fork
        ]

    def _artifacts(self, run: RunView, name: str) -> list[ArtifactView]:
        kept = self._rest.actions.list_workflow_run_artifacts
        answer = self._client.ask(f"the artifacts of run {run.id}", kept, run.id, name=name)
        found = map(ArtifactView.model_validate, answer["artifacts"])
        return [
            each for each in found if each.name == name and not each.expired and each.size_in_bytes <= LIMIT
        ]

    def _fetch(self, artifact: ArtifactView, folder: Path) -> None:
        """Unpack an artifact into a folder; raise BundleError when its bytes are not those that GitHub recorded."""
        seen = hashlib.sha256()
        what, get = f"the artifact {artifact.name}", self._rest.actions.download_artifact
        with tempfile.TemporaryFile() as file:
            with self._client.download(what, get, artifact.id, "zip") as parts:
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
            unpack(file, folder, what=what)
