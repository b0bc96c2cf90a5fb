"""GitHub's own command line client, as an independent witness of the stand-in and of what the forge wrote there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from standin import Served
from standin.github import TOKEN
from trunkline.forge.github import GitHubForge

from .conftest import Commit, git

TOOLS = Path(__file__).parents[3] / ".tools" / "bin"
GH = shutil.which("gh", path=os.pathsep.join([str(TOOLS), os.environ.get("PATH", os.defpath)]))
Gh = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(not GH, reason="GitHub's client `gh` is not installed")


@pytest.fixture
def gh(served: Served, tmp_path: Path) -> Gh:
    """Run `gh api` against the stand-in; a whole address lets it speak http, which a host's name does not."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GH_CONFIG_DIR": str(tmp_path / "gh"),
        "GH_ENTERPRISE_TOKEN": TOKEN,
        "GH_HOST": served.url.removeprefix("http://"),
        "GH_NO_UPDATE_NOTIFIER": "1",
    }

    def run(path: str, *words: str) -> subprocess.CompletedProcess[str]:
        assert GH
        address = f"{served.url}/repos/acme/income{path}"
        return subprocess.run(
            [GH, "api", address, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_reads_what_the_forge_wrote(gh: Gh, github: GitHubForge, commit: Commit, work_tree: Path) -> None:
    commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    pull = github.propose(branch="more-trees", title="More trees", body="Better.", labels=("promotion",))
    github.comment_pull_request(pull.number, "All gates passed.", marker="report")
    read = answer(gh(f"/pulls/{pull.number}"))
    assert (read["title"], read["head"]["ref"], read["labels"][0]["name"]) == (
        "More trees",
        "more-trees",
        "promotion",
    )
    comments = answer(gh(f"/issues/{pull.number}/comments"))
    assert comments[0]["body"].startswith("All gates passed.")


def test_the_forge_reads_what_it_merged(gh: Gh, github: GitHubForge, commit: Commit, work_tree: Path) -> None:
    commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    number = github.propose(branch="more-trees", title="More trees", body="").number
    merged = answer(gh(f"/pulls/{number}/merge", "-X", "PUT", "-f", "merge_method=merge"))
    assert github.pull_request(number).merge == merged["sha"]
    git(work_tree, "fetch", "--quiet", "origin")
    assert git(work_tree, "rev-parse", "origin/main") == merged["sha"]


def test_it_follows_the_pages(gh: Gh, github: GitHubForge) -> None:
    for each in range(5):
        github.open_issue(fingerprint=f"f{each}", title=f"Drift {each}", body="")
    shown = gh("/issues?per_page=2", "--paginate", "--jq", ".[].title")
    assert shown.stdout.split("\n")[:5] == [f"Drift {each}" for each in (4, 3, 2, 1, 0)]


def test_it_is_refused_as_by_github(gh: Gh, served: Served) -> None:
    refused = gh("/pulls", "-f", "title=t", "-f", "head=nowhere", "-f", "base=main")
    assert refused.returncode == 1
    assert "Validation Failed (HTTP 422)" in refused.stderr
    del served.github.tokens[TOKEN]
    assert "Bad credentials (HTTP 401)" in gh("/issues").stderr
