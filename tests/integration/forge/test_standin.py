"""The stand-in itself: it holds both sides to GitHub's description, and enforces what the server enforces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from standin import Served, Token
from standin import shapes as shapes_module
from standin.github import TOKEN, Fault

from .conftest import Commit, git

REPOSITORY = "/repos/acme/income"


@pytest.fixture
def api(served: Served) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=served.url + REPOSITORY, headers=headers) as client:
        yield client


@pytest.fixture
def branch(commit: Commit, work_tree: Path, bare_origin: Path) -> str:
    commit("more", {"model.py": "trees = 2\n"})
    git(work_tree, "push", "--quiet", "origin", "more")
    return "more"


def forget_complaints(served: Served) -> list[str]:
    """Take what the description had against requests, where a test meant it to."""
    complaints = served.github.complaints()
    served.github.seen.clear()
    return complaints


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/issues", {"text": "no title"}),
        ("PATCH", "/issues/1", {"state": "gone"}),
        ("POST", "/pulls", {"title": "no head"}),
        ("PUT", "/pulls/1/merge", {"merge_method": "somehow"}),
        ("POST", "/actions/workflows/ci.yml/dispatches", {"inputs": {}}),
        ("GET", "/not/an/endpoint", None),
    ],
)
def test_a_request_that_github_does_not_describe_is_refused(
    api: httpx.Client, served: Served, method: str, path: str, body: dict[str, Any] | None
) -> None:
    answer = api.request(method, path, json=body)
    assert answer.status_code == 400
    assert len(forget_complaints(served)) == 1


def test_an_answer_that_github_does_not_describe_is_noticed(
    api: httpx.Client, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.post("/issues", json={"title": "t"})
    whole = shapes_module.issue
    monkeypatch.setattr(shapes_module, "issue", lambda *words: whole(*words) | {"number": "one"})
    api.get("/issues/1")
    assert "answer:" in forget_complaints(served)[0]


def test_a_second_pull_request_of_a_branch_is_refused(api: httpx.Client, branch: str) -> None:
    asked = {"title": "t", "head": branch, "base": "main"}
    assert api.post("/pulls", json=asked).status_code == 201
    again = api.post("/pulls", json=asked)
    assert again.status_code == 422
    assert again.json()["errors"][0]["message"] == "A pull request already exists for acme:more."


@pytest.mark.parametrize(
    ("head", "base", "said"),
    [("nowhere", "main", "head"), ("more", "nowhere", "base"), ("main", "main", "No commits between")],
)
def test_a_pull_request_that_makes_no_sense_is_refused(
    api: httpx.Client, branch: str, head: str, base: str, said: str
) -> None:
    answer = api.post("/pulls", json={"title": "t", "head": head, "base": base})
    assert answer.status_code == 422
    assert said in answer.text


def test_a_merge_is_a_merge_commit_in_the_repository(
    api: httpx.Client, branch: str, bare_origin: Path
) -> None:
    api.post("/pulls", json={"title": "t", "head": branch, "base": "main"})
    moved = api.put("/pulls/1/merge", json={"sha": "a" * 40})
    assert moved.status_code == 409
    merged = api.put("/pulls/1/merge", json={"sha": git(bare_origin, "rev-parse", branch)})
    assert git(bare_origin, "rev-parse", "main") == merged.json()["sha"]
    assert git(bare_origin, "rev-parse", "main^2") == git(bare_origin, "rev-parse", branch)
    assert api.put("/pulls/1/merge", json={}).status_code == 405


@pytest.mark.parametrize("token", ["", "Bearer made-up", f"Basic {TOKEN}"])
def test_nobody_gets_in_without_a_token(served: Served, token: str) -> None:
    answer = httpx.get(served.url + REPOSITORY, headers={"authorization": token} if token else {})
    assert answer.status_code == 401


def test_a_token_may_do_what_it_was_given(served: Served) -> None:
    served.github.tokens["reader"] = Token(permissions={"issues": "read"})
    with httpx.Client(base_url=served.url + REPOSITORY, headers={"authorization": "token reader"}) as api:
        assert api.get("/issues").status_code == 200
        refused = api.post("/issues", json={"title": "t"})
    assert (refused.status_code, refused.headers["x-accepted-github-permissions"]) == (403, "issues=write")


def test_another_repository_is_not_there(served: Served) -> None:
    answer = httpx.get(f"{served.url}/repos/acme/other", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 404


def test_lists_come_in_pages_that_name_each_other(api: httpx.Client) -> None:
    for number in range(5):
        api.post("/issues", json={"title": str(number)})
    first = api.get("/issues", params={"per_page": 2, "state": "open"})
    assert [row["title"] for row in first.json()] == ["4", "3"]
    assert set(first.links) == {"next", "last"}
    last = api.get(first.links["last"]["url"])
    assert [row["title"] for row in last.json()] == ["0"]
    assert set(last.links) == {"prev", "first"}


def test_a_fault_comes_when_and_as_often_as_it_was_planted(api: httpx.Client, served: Served) -> None:
    served.github.faults.append(Fault("GET .*/issues$", 503, times=2, skip=1))
    assert [api.get("/issues").status_code for _ in range(4)] == [200, 503, 503, 200]


def test_a_limit_that_is_used_up_refuses(api: httpx.Client, served: Served) -> None:
    httpx.put(f"{served.url}/_control/rate", json={"remaining": 1, "reset": 2_000_000_000})
    assert api.get("/issues").status_code == 200
    refused = api.get("/issues")
    assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (403, "0")


def test_it_runs_as_a_process_and_its_state_outlives_it(bare_origin: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    words = ["-m", "standin", "--origin", str(bare_origin), "--repository", "acme/income"]
    words += ["--state", str(state), "--token", "mine"]
    tests = Path(__file__).parents[2]
    titles = []
    for title in ("first", "second"):
        process = subprocess.Popen(
            [sys.executable, *words],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(tests)},
        )
        try:
            assert process.stdout
            base = process.stdout.readline().strip() + REPOSITORY
            headers = {"authorization": "Bearer mine"}
            httpx.post(f"{base}/issues", json={"title": title}, headers=headers, timeout=60)
            rows = httpx.get(f"{base}/issues", headers=headers, timeout=60).json()
            titles.append([row["title"] for row in rows])
        finally:
            process.terminate()
            process.communicate(timeout=30)
    assert titles == [["first"], ["second", "first"]]


def test_the_levers_work_from_another_process(served: Served) -> None:
    control = f"{served.url}/_control"
    headers = {"authorization": "Bearer fresh"}
    httpx.put(f"{control}/tokens/fresh", json={"permissions": {"issues": "write"}, "uses": 1})
    httpx.put(f"{control}/workflows/ci.yml", params={"state": "disabled_manually"})
    httpx.post(f"{control}/faults", json={"pattern": "GET .*/labels", "status": 500})
    run = httpx.post(
        f"{control}/runs", json={"workflow": "ci.yml", "head_sha": "a" * 40, "artifacts": {"a": "00"}}
    )
    assert httpx.get(f"{served.url}{REPOSITORY}/labels", headers=headers).status_code == 500
    assert httpx.get(f"{served.url}{REPOSITORY}/issues", headers=headers).status_code == 200
    assert httpx.get(f"{served.url}{REPOSITORY}/issues", headers=headers).status_code == 401
    state = httpx.get(f"{control}/state").json()
    assert set(state["runs"]) == {str(run.json()["id"])}
    assert [row["status"] for row in httpx.get(f"{control}/requests").json()] == [500, 200, 401]
    assert httpx.get(f"{control}/complaints").json() == []
    served.github.dispatches.append({"workflow": "ci.yml"})
    assert httpx.delete(f"{control}/dispatches").json() == [{"workflow": "ci.yml"}]
    assert httpx.get(f"{control}/dispatches").json() == []
