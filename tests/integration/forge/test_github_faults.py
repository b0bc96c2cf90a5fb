"""What GitHub may do wrong, and what others do meanwhile: nothing is lost and nothing happens twice."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from standin import Served, Token
from standin.github import TOKEN, Fault
from trunkline.core.errors import ForgeError, SettingError, UnavailableError
from trunkline.forge.github import GitHubForge
from trunkline.forge.github.client import Client

from .conftest import Commit, Waiting, git

ClientOf = Callable[[str], Client]
Before = Callable[[Client, str, Callable[[], object]], Client]


@pytest.fixture
def before(monkeypatch: pytest.MonkeyPatch) -> Before:
    """Let something happen just before a client asks for something."""

    def arrange(client: Client, what: str, happens: Callable[[], object]) -> Client:
        ask = client.ask

        def first(asked: str, *words: Any, **more: Any) -> Any:
            if asked == what:
                happens()
            return ask(asked, *words, **more)

        monkeypatch.setattr(client, "ask", first)
        return client

    return arrange


@pytest.fixture
def pushed(github: GitHubForge, commit: Commit, work_tree: Path) -> str:
    """A branch that is on the forge and not proposed yet."""
    commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    return "more-trees"


def propose(forge: GitHubForge, branch: str) -> int:
    return forge.propose(branch=branch, title="More trees", body="Better.", labels=("promotion",)).number


def test_a_forge_that_is_down_is_named_after_a_few_attempts(work_tree: Path, waiting: Waiting) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        api = f"http://127.0.0.1:{closed.getsockname()[1]}"
        client = Client(
            "acme/income", api=api, token="t", say=waiting.said.append, sleep=waiting.sleep, clock=lambda: 0.0
        )
        with pytest.raises(UnavailableError, match="GitHub does not answer"):
            GitHubForge(client, work_tree).issues()
    assert waiting.pauses == [1, 2, 4, 8]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(
    github: GitHubForge, served: Served, waiting: Waiting, status: int
) -> None:
    served.github.faults.append(Fault("GET .*/issues", status, times=2))
    assert github.issues() == ()
    assert waiting.pauses == [1, 2]


def test_a_server_that_stays_in_trouble_is_told_from_a_refusal(github: GitHubForge, served: Served) -> None:
    served.github.faults.append(Fault("GET .*/issues", 503, times=99))
    with pytest.raises(UnavailableError, match=r"in trouble \(status 503\) over the issues"):
        github.issues()
    assert len(served.github.requests("GET /repos/acme/income/issues")) == 5


def test_an_issue_whose_creation_was_answered_by_an_error_is_not_opened_twice(
    github: GitHubForge, served: Served
) -> None:
    served.github.faults.append(Fault("POST .*/issues$", 502, after=True))
    issue = github.open_issue(fingerprint="production/data", title="Drift", body="age")
    assert [row["title"] for row in served.github.threads.values()] == ["Drift"]
    assert github.issue(issue.number) == issue
    assert len(served.github.requests("POST /repos/acme/income/issues")) == 1


def test_a_pull_request_whose_creation_was_answered_by_an_error_is_not_opened_twice(
    github: GitHubForge, served: Served, pushed: str
) -> None:
    served.github.faults.append(Fault("POST .*/pulls$", 502, after=True))
    assert propose(github, pushed) == 1
    assert list(served.github.threads) == [1]


@pytest.mark.parametrize("marker", ["report", ""])
def test_a_comment_whose_creation_was_answered_by_an_error_is_not_written_twice(
    github: GitHubForge, served: Served, marker: str
) -> None:
    number = github.open_issue(fingerprint="f", title="Drift", body="").number
    served.github.faults.append(Fault("POST .*/comments$", 502, after=True))
    issue = github.comment_issue(number, "day 1", marker=marker)
    assert [comment.body for comment in issue.comments] == ["day 1"]


def test_a_merge_that_was_answered_by_an_error_is_done_once(
    github: GitHubForge, served: Served, pushed: str, work_tree: Path
) -> None:
    number = propose(github, pushed)
    served.github.faults.append(Fault("PUT .*/merge$", 502, after=True))
    merged = github.merge(number)
    git(work_tree, "fetch", "--quiet", "origin")
    assert (merged.state, merged.merge) == ("merged", git(work_tree, "rev-parse", "origin/main"))
    assert len(served.github.requests("/merge")) == 1


def test_a_request_that_failed_before_it_was_carried_out_is_made_again(
    github: GitHubForge, served: Served
) -> None:
    served.github.faults.append(Fault("POST .*/issues$", 502))
    github.open_issue(fingerprint="production/data", title="Drift", body="age")
    assert len(served.github.threads) == 1
    assert len(served.github.requests("POST /repos/acme/income/issues")) == 2


def test_the_secondary_limit_is_waited_out_as_long_as_github_asks(
    github: GitHubForge, served: Served, waiting: Waiting
) -> None:
    body = {"message": "You have exceeded a secondary rate limit."}
    served.github.faults.append(Fault("POST .*/issues$", 403, headers={"Retry-After": "37"}, body=body))
    github.open_issue(fingerprint="f", title="Drift", body="")
    assert waiting.pauses == [37]
    assert waiting.said == [
        "GitHub asks for patience (You have exceeded a secondary rate limit): again in 37 s"
    ]


@pytest.mark.parametrize("status", [403, 429])
def test_the_primary_limit_is_waited_out_until_it_is_reset(
    github: GitHubForge, served: Served, waiting: Waiting, status: int
) -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(waiting.now) + 120)}
    served.github.faults.append(Fault("GET .*/issues", status, headers=headers))
    assert github.issues() == ()
    assert waiting.pauses == [121]


def test_a_limit_that_lasts_longer_than_a_run_should_is_not_waited_out(
    github: GitHubForge, served: Served, waiting: Waiting
) -> None:
    served.github.rate |= {"remaining": 0, "reset": int(waiting.now) + 3000}
    with pytest.raises(UnavailableError, match="to wait 3001 s"):
        github.issues()
    assert waiting.pauses == []


def test_a_wrong_token_is_named_as_such(client_of: ClientOf, work_tree: Path) -> None:
    with pytest.raises(ForgeError, match="does not accept the token"):
        GitHubForge(client_of("made-up"), work_tree).issues()


def test_without_a_token_nothing_is_asked(client_of: ClientOf, work_tree: Path, served: Served) -> None:
    with pytest.raises(ForgeError, match="no token") as caught:
        GitHubForge(client_of(""), work_tree).issues()
    assert "GITHUB_TOKEN" in caught.value.next_step
    assert served.github.seen == []


def test_a_token_that_expires_midway_leaves_what_the_next_run_completes(
    client_of: ClientOf, served: Served, work_tree: Path, github: GitHubForge, pushed: str
) -> None:
    served.github.tokens["short"] = Token(uses=2)
    with pytest.raises(ForgeError, match="wrong or has expired"):
        propose(GitHubForge(client_of("short"), work_tree), pushed)
    assert served.github.threads[1]["labels"] == []
    assert propose(github, pushed) == 1
    assert served.github.threads[1]["labels"] == ["promotion"]
    assert list(served.github.threads) == [1]


@pytest.mark.parametrize(
    ("missing", "act"),
    [
        ("issues: write", lambda forge: forge.open_issue(fingerprint="f", title="Drift", body="")),
        ("pull_requests: write", lambda forge: propose(forge, "more-trees")),
        ("contents: write", lambda forge: forge.merge(1)),
        ("actions: write", lambda forge: forge.start("ci.yml", branch="main")),
    ],
)
def test_a_missing_permission_is_named(
    client_of: ClientOf,
    served: Served,
    work_tree: Path,
    github: GitHubForge,
    pushed: str,
    missing: str,
    act: Callable[[GitHubForge], object],
) -> None:
    if "contents" in missing:
        propose(github, pushed)
    reading = dict.fromkeys(("contents", "issues", "pull_requests", "actions"), "read")
    served.github.tokens["reader"] = Token(permissions=reading)
    served.github.labels["trunkline"] = {"name": "trunkline", "color": "ededed", "description": ""}
    with pytest.raises(ForgeError, match="Resource not accessible by integration") as caught:
        act(GitHubForge(client_of("reader"), work_tree))
    assert f"add `{missing}" in caught.value.next_step


def test_a_setting_that_keeps_workflows_from_proposing_is_named_and_no_right_that_the_token_has(
    github: GitHubForge, served: Served, pushed: str
) -> None:
    served.github.bots_propose = False
    with pytest.raises(SettingError, match="not permitted to create or approve pull requests") as caught:
        propose(github, pushed)
    assert "Allow GitHub Actions to create and approve pull requests" in caught.value.next_step
    assert "pull_requests: write" not in f"{caught.value} {caught.value.next_step}"


def test_a_workflow_that_is_switched_off_is_refused_in_githubs_own_words(
    github: GitHubForge, served: Served
) -> None:
    served.github.put_workflow("ci.yml", "disabled_manually")
    with pytest.raises(ForgeError, match="on a disabled workflow") as caught:
        github.start("ci.yml", branch="main")
    assert "actions: write" not in caught.value.next_step


def test_a_run_that_was_killed_between_push_and_proposal_is_completed_by_the_next(
    github: GitHubForge, pushed: str, work_tree: Path, served: Served
) -> None:
    github.push(work_tree, pushed)
    assert propose(github, pushed) == propose(github, pushed) == 1
    assert list(served.github.threads) == [1]


def test_two_runs_at_once_leave_one_open_issue(
    client_of: ClientOf, served: Served, work_tree: Path, before: Before
) -> None:
    both = Barrier(2, timeout=30)  # both have looked before either creates
    forges = [GitHubForge(before(client_of(TOKEN), "a new issue", both.wait), work_tree) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        for done in [
            pool.submit(forge.open_issue, fingerprint="production/data", title="Drift", body="")
            for forge in forges
        ]:
            assert done.result().number in (1, 2)
    states = {number: row["state"] for number, row in served.github.threads.items()}
    assert states == {1: "open", 2: "closed"}
    assert served.github.threads[2]["state_reason"] == "duplicate"
    assert {row["body"] for row in served.github.comments.values()} == {"Duplicate of #1."}
    both.reset()
    again = forges[0].open_issue(fingerprint="production/data", title="Drift", body="")
    assert (again.number, len(served.github.threads)) == (1, 2)


def test_two_issues_that_an_interrupted_run_left_open_become_one(github: GitHubForge, served: Served) -> None:
    first = github.open_issue(fingerprint="f", title="Drift", body="")
    served.github.threads[9] = served.github.threads[first.number] | {"title": "Drift, too"}
    assert github.open_issue(fingerprint="f", title="Drift", body="").number == first.number
    assert served.github.threads[9]["state_reason"] == "duplicate"


def test_two_runs_that_propose_at_once_get_the_same_pull_request(
    client_of: ClientOf, served: Served, work_tree: Path, pushed: str
) -> None:
    forges = [GitHubForge(client_of(TOKEN), work_tree) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda forge: propose(forge, pushed), forges))
    assert numbers == [1, 1, 1, 1]
    assert list(served.github.threads) == [1]


def test_three_hundred_open_issues_cost_four_requests_to_look_through(
    github: GitHubForge, served: Served
) -> None:
    for number in range(1, 301):
        served.github.threads[number] = {
            "title": f"Issue {number}",
            "body": f"\n\n<!-- trunkline:issue=f{number} -->",
            "state": "open",
            "labels": ["trunkline"],
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "closed_at": None,
            "login": "github-actions[bot]",
            "kind": "Bot",
            "association": "NONE",
        }
    served.github.labels["trunkline"] = {"name": "trunkline", "color": "5319e7", "description": ""}
    assert len(github.issues(state="open")) == 300
    assert len(served.github.requests("GET")) == 3
    assert github.open_issue(fingerprint="f300", title="Again", body="").number == 300
    listings = len(served.github.requests("GET /repos/acme/income/issues")) - 3
    assert listings == 3
    assert github.open_issue(fingerprint="new", title="New", body="").number == 301
    assert len(served.github.requests("GET /repos/acme/income/issues")) - 3 - listings == 4


def test_a_branch_that_was_forced_meanwhile_is_not_merged_unseen(
    github: GitHubForge,
    client_of: ClientOf,
    pushed: str,
    work_tree: Path,
    bare_origin: Path,
    before: Before,
) -> None:
    number = propose(github, pushed)
    main = git(bare_origin, "rev-parse", "main")
    git(work_tree, "commit", "--quiet", "--amend", "--message", "Something else")

    def force() -> None:
        git(work_tree, "push", "--quiet", "--force", "origin", "more-trees")

    forge = GitHubForge(before(client_of(TOKEN), "the merge of #1", force), work_tree)
    with pytest.raises(ForgeError, match="more-trees moved while it was merged"):
        forge.merge(number)
    assert git(bare_origin, "rev-parse", "main") == main


def test_a_base_that_moved_while_it_was_merged_is_merged_again(
    github: GitHubForge, served: Served, pushed: str
) -> None:
    body = {"message": "Base branch was modified. Review and try the merge again."}
    served.github.faults.append(Fault("PUT .*/merge", 405, body=body))
    assert github.merge(propose(github, pushed)).state == "merged"


def test_a_check_that_main_requires_is_named_when_it_holds_up_a_merge(
    github: GitHubForge, served: Served, pushed: str
) -> None:
    served.github.faults.append(
        Fault("PUT .*/merge", 405, body={"message": 'Required status check "pass" is expected.'})
    )
    number = propose(github, pushed)
    with pytest.raises(ForgeError, match='Required status check "pass" is expected'):
        github.merge(number)


def test_the_token_is_in_no_error_no_log_line_and_no_argument(
    served: Served,
    work_tree: Path,
    client_of: ClientOf,
    waiting: Waiting,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    commit: Commit,
) -> None:
    secret = "ghs_verysecret"
    monkeypatch.setenv("GITHUB_TOKEN", secret)
    calls = tmp_path / "calls"
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    shim.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec {real} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}{os.pathsep}{os.environ['PATH']}")
    served.github.tokens[secret] = Token(permissions={"issues": "read"})
    forge = GitHubForge(client_of(secret), work_tree)
    served.github.faults += [Fault("GET .*/issues", 503), Fault("GET .*/issues", 429)]
    commit("more-trees", {"model.py": "trees = 200\n"})
    with caplog.at_level(logging.DEBUG):
        forge.push(work_tree, "more-trees")
        forge.issues()
        with pytest.raises(ForgeError) as refused:
            forge.propose(branch="more-trees", title="More", body="")
        del served.github.tokens[secret]
        with pytest.raises(ForgeError) as expired:
            forge.issues()
    told = [repr(error.value) + str(error.value) for error in (refused, expired)]
    assert secret not in "".join([*told, caplog.text, *waiting.said, calls.read_text()])
    assert "push" in calls.read_text()
    assert len(waiting.said) == 2
