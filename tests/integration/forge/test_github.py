"""What GitHub's forge does beyond the protocol: marks, labels, forks, and limits of length."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from standin import Served, Token
from standin.github import TOKEN
from trunkline.core.errors import ForgeError
from trunkline.forge import OWN_LABEL
from trunkline.forge.github import GitHubForge
from trunkline.forge.github.client import Client
from trunkline.forge.github.markers import LONGEST

from .conftest import Commit, git

ClientOf = Callable[[str], Client]


@pytest.fixture
def pull(github: GitHubForge, commit: Commit, work_tree: Path) -> int:
    """An open pull request."""
    commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    return github.propose(branch="more-trees", title="More trees", body="Better.").number


def fork(served: Served, branch: str) -> int:
    """A stranger's pull request from a branch of the same name as one of ours."""
    asked = {"head": branch, "fork": "mallory/income", "sha": "a" * 40, "title": "Trust me"}
    answer = httpx.post(f"{served.url}/_control/forks", json=asked)
    return int(answer.json()["number"])


def test_a_sticky_comment_is_marked_where_people_do_not_see_it(
    github: GitHubForge, served: Served, pull: int
) -> None:
    github.comment_pull_request(pull, "All gates passed.", marker="report")
    written = [row["body"] for row in served.github.comments.values()]
    assert written == ["All gates passed.\n\n<!-- trunkline:comment=report -->"]


def test_a_sticky_comment_that_says_the_same_is_not_written_again(
    github: GitHubForge, served: Served, pull: int
) -> None:
    for _ in range(2):
        github.comment_pull_request(pull, "All gates passed.", marker="report")
    assert len(served.github.requests("PATCH")) == 0
    assert len(served.github.requests("POST /repos/acme/income/issues")) == 1


def test_a_mark_that_a_stranger_wrote_is_not_taken_for_ours(
    github: GitHubForge, served: Served, pull: int
) -> None:
    served.github.tokens["stranger"] = Token(login="mallory", kind="User")
    forged = "All is well.\n\n<!-- trunkline:comment=report -->"
    httpx.post(
        f"{served.url}/repos/acme/income/issues/{pull}/comments",
        json={"body": forged},
        headers={"authorization": "Bearer stranger"},
    )
    shown = github.comment_pull_request(pull, "Two gates failed.", marker="report")
    assert [(comment.body, comment.marker) for comment in shown.comments] == [
        ("All is well.", ""),
        ("Two gates failed.", "report"),
    ]


def test_an_issue_that_a_stranger_marked_is_not_taken_for_ours(github: GitHubForge, served: Served) -> None:
    served.github.tokens["stranger"] = Token(login="mallory", kind="User")
    body = "Nothing to see.\n\n<!-- trunkline:issue=production/data -->"
    httpx.post(
        f"{served.url}/repos/acme/income/issues",
        json={"title": "Mine", "body": body},
        headers={"authorization": "Bearer stranger"},
    )
    assert github.issues() == ()
    assert github.issue(1).fingerprint == ""
    assert github.open_issue(fingerprint="production/data", title="Drift", body="").number == 2


def test_labels_are_made_once_with_a_colour(github: GitHubForge, served: Served) -> None:
    for fingerprint in ("a", "b"):
        github.open_issue(fingerprint=fingerprint, title="Drift", body="", labels=("signal: data",))
    assert served.github.labels[OWN_LABEL]["color"] == "5319e7"
    assert set(served.github.labels) == {OWN_LABEL, "signal: data"}
    assert len(served.github.requests("POST /repos/acme/income/labels")) == 2


def test_a_label_that_another_run_made_meanwhile_is_taken(
    github: GitHubForge, client_of: ClientOf, work_tree: Path
) -> None:
    late = GitHubForge(client_of(TOKEN), work_tree)
    late.open_issue(fingerprint="x", title="Drift", body="", labels=("first",))
    github.open_issue(fingerprint="a", title="Drift", body="", labels=("severity: warning",))
    assert set(
        late.open_issue(fingerprint="b", title="Drift", body="", labels=("severity: warning",)).labels
    ) == {"severity: warning", OWN_LABEL}


def test_a_pull_request_from_a_fork_is_never_taken_for_our_branch(
    github: GitHubForge, served: Served, pull: int
) -> None:
    number = fork(served, "more-trees")
    assert [each.branch for each in github.pull_requests()] == ["more-trees", "mallory:more-trees"]
    found = github.proposed("more-trees")
    assert found is not None
    assert found.number == pull
    github.close_pull_request(pull)
    assert github.proposed("more-trees") is None
    assert github.pull_request(number).state == "open"


def test_lists_cost_one_request_however_many_comments_there_are(
    github: GitHubForge, served: Served, pull: int
) -> None:
    github.comment_pull_request(pull, "One.")
    github.open_issue(fingerprint="f", title="Drift", body="")
    before = len(served.github.seen)
    assert [each.comments for each in github.pull_requests()] == [()]
    assert len(github.issues()) == 1
    assert len(served.github.seen) - before == 2


def test_what_is_too_long_for_github_is_cut_and_says_so(github: GitHubForge) -> None:
    issue = github.open_issue(fingerprint="f", title="t" * 300, body="x" * (LONGEST + 1))
    assert len(issue.title) == 256
    assert issue.body.endswith("no more than 65,536 characters.*")
    assert github.issues(fingerprint="f") == (issue,)
    commented = github.comment_issue(issue.number, "y" * (LONGEST + 1), marker="latest")
    assert "The rest is cut" in commented.comments[0].body
    assert commented.comments[0].marker == "latest"


def test_what_people_wrote_with_other_line_ends_reads_as_ours(github: GitHubForge, served: Served) -> None:
    number = github.open_issue(fingerprint="f", title="Drift", body="one\n\ntwo").number
    row = served.github.threads[number]
    row["body"] = row["body"].replace("\n", "\r\n")
    assert github.issue(number).body == "one\n\ntwo"
    assert github.open_issue(fingerprint="f", title="Drift", body="").number == number


def test_closing_again_after_an_interruption_leaves_one_comment(github: GitHubForge, served: Served) -> None:
    number = github.open_issue(fingerprint="f", title="Drift", body="").number
    github.comment_issue(number, "Back to normal.")
    closed = github.close_issue(number, comment="Back to normal.")
    assert [comment.body for comment in closed.comments] == ["Back to normal."]


def test_a_conflict_names_its_files_though_github_does_not(
    github: GitHubForge, pull: int, commit: Commit, work_tree: Path
) -> None:
    commit("fewer", {"model.py": "trees = 5\n", "policy.yaml": "floor: 0.9\n"})
    github.push(work_tree, "fewer")
    other = github.propose(branch="fewer", title="Fewer", body="")
    github.merge(pull)
    with pytest.raises(ForgeError, match=r"conflicts with main in model\.py\.") as caught:
        github.merge(other.number)
    assert caught.value.value == ["model.py"]


def test_a_token_goes_over_https_only() -> None:
    with pytest.raises(ForgeError, match="https only"):
        Client("acme/income", api="http://git.example.org/api/v3", token="t")


def test_a_branch_is_pushed_to_the_remote_and_nowhere_else(
    github: GitHubForge, commit: Commit, work_tree: Path, bare_origin: Path
) -> None:
    made = commit("more-trees", {"model.py": "trees = 200\n"})
    assert github.push(work_tree, "more-trees") == made
    assert git(bare_origin, "rev-parse", "more-trees") == made


def test_a_promotion_merges_itself_once_the_required_check_is_green(
    github: GitHubForge, served: Served, commit: Commit, work_tree: Path, on_main: Callable[[str], str]
) -> None:
    served.github.required = "pass"
    head = commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    number = github.propose(branch="more-trees", title="More", body="").number
    for _ in range(2):
        assert github.merge_when_ready(number, head=head) == ""
    assert github.pull_request(number).state == "open"
    github.set_status(head, name="pass", passed=False, description="red")
    assert github.pull_request(number).state == "open"
    github.set_status(head, name="pass", passed=True, description="green")
    assert github.pull_request(number).state == "merged"
    assert on_main("model.py") == "trees = 200"
    assert github.merge_when_ready(number, head=head) == ""


def test_a_promotion_that_shall_wait_does_not_merge_itself_when_its_check_is_green(
    github: GitHubForge, served: Served, commit: Commit, work_tree: Path
) -> None:
    served.github.required = "pass"
    head = commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    number = github.propose(branch="more-trees", title="More", body="").number
    assert github.merge_when_ready(number, head=head) == ""
    github.hold(number)
    github.set_status(head, name="pass", passed=True, description="green")
    github.comment_pull_request(number, "Still open.")
    assert github.pull_request(number).state == "open"


def test_what_was_pushed_after_the_judgement_is_told_while_it_merges_itself(
    github: GitHubForge, served: Served, commit: Commit, work_tree: Path
) -> None:
    served.github.required = "pass"
    judged = commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    number = github.propose(branch="more-trees", title="More", body="").number
    assert github.merge_when_ready(number, head=judged) == ""
    assert github.pull_request(number).moved == ""
    pushed = commit("more-trees", {"model.py": "trees = 666\n"})
    github.push(work_tree, "more-trees")
    assert [pull.moved for pull in github.pull_requests(state="open")] == [pushed]
    assert github.merge_when_ready(number, head=pushed) == ""  # the program judged that one too
    assert github.pull_request(number).moved == ""
    github.hold(number)
    assert github.pull_request(number).moved == ""


@pytest.mark.parametrize(
    ("required", "allowed", "step"),
    [("pass", False, "tick `Allow auto-merge`"), ("", True, ".github/rulesets/main.json")],
)
def test_where_github_does_not_merge_by_itself_it_is_said_what_to_switch_on(
    github: GitHubForge,
    served: Served,
    commit: Commit,
    work_tree: Path,
    required: str,
    allowed: bool,
    step: str,
) -> None:
    served.github.required, served.github.allows_auto_merge = required, allowed
    head = commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    number = github.propose(branch="more-trees", title="More", body="").number
    assert step in github.merge_when_ready(number, head=head)
    assert github.pull_request(number).state == "open"
