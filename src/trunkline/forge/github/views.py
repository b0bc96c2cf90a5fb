"""What is read of GitHub's answers: the fields in use, whichever version of the API or server sent them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Part of an answer; what else is in it is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Named(View):
    """A label, by its name."""

    name: str


class Author(View):
    """Who wrote something."""

    login: str
    type: str = "User"


class Place(View):
    """A repository."""

    full_name: str


class End(View):
    """One side of a pull request; `repo` is None when the fork is gone."""

    ref: str
    sha: str
    label: str = ""
    repo: Place | None = None


class ThreadView(View):
    """What issues and pull requests share; `comments` is told for a single one only."""

    number: int
    node_id: str = ""
    """Its name in the GraphQL API."""
    title: str
    body: str | None = None
    state: str
    created_at: datetime
    closed_at: datetime | None = None
    comments: int = 0


class PullView(ThreadView):
    """A pull request; `mergeable` is told for a single one only."""

    labels: tuple[Named, ...] = ()
    head: End
    base: End
    merged_at: datetime | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = None
    auto_merge: dict[str, object] | None = None


class IssueView(ThreadView):
    """An issue; `pull_request` is there when it is one of those."""

    labels: tuple[Named | str, ...] = ()
    pull_request: dict[str, object] | None = None


class CommentView(View):
    """A comment of an issue or pull request."""

    id: int
    body: str = ""
    user: Author | None = None
    author_association: str = "NONE"
    updated_at: datetime

    @property
    def trusted(self) -> bool:
        """Whether its author may write to the repository: anyone may comment, and forge a mark."""
        bot = self.user is not None and self.user.type == "Bot"
        return bot or self.author_association in ("OWNER", "MEMBER", "COLLABORATOR")


class EventView(View):
    """Something that happened to an issue or pull request, by its kind."""

    event: str = ""


class MergeView(View):
    """What a merge gave."""

    sha: str
    merged: bool


class WorkflowView(View):
    """A workflow."""

    id: int
    path: str
    state: str


class RunView(View):
    """A run of a workflow; `head_repository` is None when the fork is gone."""

    id: int
    path: str
    conclusion: str | None = None
    created_at: datetime
    head_sha: str
    head_branch: str | None = None
    head_repository: Place | None = None


class RuleView(View):
    """A rule of an environment: of the reviewers' kind, or another."""

    type: str
    prevent_self_review: bool = False
    reviewers: tuple[dict[str, object], ...] = ()


class BranchPolicyView(View):
    """Whether an environment names its branches, or takes what is protected."""

    protected_branches: bool


class EnvironmentView(View):
    """An environment."""

    name: str
    protection_rules: tuple[RuleView, ...] = ()
    deployment_branch_policy: BranchPolicyView | None = None


class PatternView(View):
    """A pattern of branches or tags."""

    name: str
    type: str = "branch"


class ArtifactView(View):
    """An artifact of a run, in bytes; `digest` is that of its zip, which GitHub recorded when it was uploaded."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool
    digest: str | None = None
