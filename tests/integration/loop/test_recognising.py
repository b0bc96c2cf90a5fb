"""A branch's name proves nothing: whoever may push takes it first, and gets neither evidence nor a merge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.lineage import Version
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, next_state, read_state, state_before, write_state
from trunkline.forge import LocalForge, PullRequest
from trunkline.loop.rollout.automatic import let_merge, show_judgement
from trunkline.loop.rollout.promoting import back_branch, branch_of, promotes, propose_back, propose_stage
from trunkline.loop.rollout.recognising import own_pull

Git = Callable[..., str]
ONE, TWO, EVIL = (f"sha256:{letter * 64}" for letter in "abe")
STATE = f"""# Who answers whom.
environment: production
target: {{kind: local, port: 8080}}
strategy: silent
champion: {{version: 1, bundle: "{ONE}"}}
challenger: {{version: 2, bundle: "{TWO}"}}
salt: s
"""
POLICY = "name: loans\npackage: loans\nrollout: {promotion: automatic}\n"
FILE = "deployments/production.yaml"


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture
def project(tmp_path: Path, git: Git) -> Project:
    """A project of which production has a silent challenger, with a forge; nothing was ever trained."""
    root = tmp_path / "loans"
    (root / "deployments").mkdir(parents=True)
    (root / FILE).write_text(STATE)
    (root / "trunkline.yaml").write_text(POLICY)
    (root / ".gitignore").write_text(".trunkline/\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A project")
    project = Project(root)
    LocalForge.create(project.forge_folder, root)
    return project


@pytest.fixture
def state(project: Project) -> DesiredState:
    return read_state(project.deployment("production"))


class Holding(LocalForge):
    """A forge that remembers what it no longer merges by itself."""

    def hold(self, number: int) -> None:
        self.held = {*getattr(self, "held", ()), number}


@pytest.fixture
def forge(project: Project) -> Holding:
    return Holding(project.forge_folder)


@pytest.fixture
def push(project: Project, git: Git) -> Callable[..., str]:
    """Push a branch as somebody else, and return its commit."""

    def as_other(branch: str, wanted: DesiredState | None = None, **files: str) -> str:
        git(project.root, "switch", "--quiet", "-c", "theirs", "main")
        if wanted:
            write_state(project.root / FILE, wanted)
        for name, text in files.items():
            (project.root / name).write_text(text)
        git(project.root, "add", "--all")
        git(project.root, "-c", "user.email=mallory@example.org", "commit", "--quiet", "--message", "mine")
        git(project.root, "push", "--quiet", "--force", "origin", f"theirs:refs/heads/{branch}")
        head = git(project.root, "rev-parse", "HEAD")
        git(project.root, "switch", "--quiet", "main")
        git(project.root, "branch", "--quiet", "-D", "theirs")
        return head

    return as_other


def canary(state: DesiredState) -> DesiredState:
    return next_state(state, "canary", challenger=state.challenger, share=0.1)


def propose(project: Project) -> PullRequest:
    version = Version(number=2, bundle=TWO)
    return propose_stage(project, "canary", version=version, share=0.1, evidence="All green.", progress=say)


def test_a_promotion_goes_under_another_name_where_somebody_took_its_own(
    project: Project, state: DesiredState, forge: LocalForge, push: Callable[..., str], git: Git
) -> None:
    branch = branch_of(state, "canary", 2, 0.1)
    push(branch, canary(state).model_copy(update={"champion": Route(version=1, bundle=EVIL)}))
    theirs = forge.propose(branch=branch, title="wip", body="wip")
    assert own_pull(project, forge, branch, canary(state)) is None
    ours = propose(project)
    assert ours.number != theirs.number
    assert promotes(ours, state, 2)
    assert let_merge(project, ours).startswith("This merges itself")
    seen = forge.pull_request(theirs.number)
    assert (seen.state, seen.title, seen.labels) == ("open", "wip", ())
    assert ours.branch in seen.comments[-1].body
    merged = git(forge.origin, "show", f"main:{FILE}")
    assert "strategy: canary" in merged
    assert EVIL not in merged


@pytest.mark.parametrize(
    "squatted", ["rollback", "rollback/production/v2-silent/x", "rollback/production/v2-silent"]
)
def test_no_name_that_somebody_takes_keeps_the_way_back_from_being_proposed(
    project: Project, state: DesiredState, forge: LocalForge, push: Callable[..., str], squatted: str
) -> None:
    push(squatted, note="x")
    ours = propose_back(project, state, evidence="It fails.", progress=say)
    assert ours.branch != back_branch(state)
    again = propose_back(project, state, evidence="It fails more.", progress=say)
    assert again.number == ours.number
    assert "fails more" in again.body
    assert forge.merge(ours.number).state == "merged"


def test_what_changes_main_into_the_desired_state_is_known_whoever_pushed_it(
    project: Project, state: DesiredState, forge: LocalForge, push: Callable[..., str]
) -> None:
    head = push(back_branch(state), state_before(state))
    forge.propose(branch=back_branch(state), title="Back", body="")
    own = own_pull(project, forge, back_branch(state), state_before(state))
    assert own
    assert own.head == head


@pytest.mark.parametrize(
    ("other", "files"),
    [
        (True, {}),
        (False, {"trunkline.yaml": POLICY + "# more\n"}),
        (False, {FILE: STATE + "# kind: local\n"}),
    ],
    ids=["another state", "another file too", "a comment"],
)
def test_what_changes_anything_else_is_not_the_programs_own(
    project: Project,
    state: DesiredState,
    forge: Holding,
    push: Callable[..., str],
    other: bool,
    files: dict[str, str],
) -> None:
    branch = branch_of(state, "canary", 2, 0.1)
    wanted = canary(state).model_copy(update={"share": 0.9}) if other else canary(state)
    push(branch, wanted, **files)
    pull = forge.propose(branch=branch, title="wip", body="")
    assert own_pull(project, forge, branch, canary(state)) is None
    assert forge.held == {pull.number}
    assert "something else" in let_merge(project, pull)
    assert forge.pull_request(pull.number).state == "open"


def test_main_may_go_on_elsewhere_and_the_promotion_stays_the_programs_own(
    project: Project, state: DesiredState, forge: LocalForge, git: Git
) -> None:
    ours = propose(project)
    (project.root / "note.md").write_text("x")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Elsewhere")
    git(project.root, "push", "--quiet", "origin", "main")
    found = own_pull(project, forge, ours.branch, canary(state))
    assert found
    assert found.head == ours.head
    (project.root / FILE).write_text(STATE.replace("8080", "8081"))
    git(project.root, "commit", "--quiet", "--all", "--message", "What it changes")
    git(project.root, "push", "--quiet", "origin", "main")
    assert own_pull(project, forge, ours.branch, canary(read_state(project.root / FILE))) is None


@pytest.mark.parametrize(
    ("action", "held", "then"),
    [("wait", True, "open"), ("ask", True, "open"), ("go back", True, "closed"), ("go on", False, "open")],
)
def test_a_promotion_that_waits_for_its_check_merges_itself_only_while_the_judgement_says_go_on(
    project: Project, state: DesiredState, forge: Holding, action: str, held: bool, then: str
) -> None:
    forge.held = set[int]()
    number = propose(project).number
    show_judgement(project, forge, state, action, "What is known.")
    assert (number in forge.held) == held
    assert forge.pull_request(number).state == then
