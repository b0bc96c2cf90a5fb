"""The demo end to end: render, install, walk the whole loop; its own checks stop it where a claim fails."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from trunkline.evaluation.reports.card import DIFFERS, SAME
from warm import programs

REPOSITORY = Path(__file__).parents[2]
WALK = [sys.executable, str(REPOSITORY / "demo/walk.py")]


@dataclass(frozen=True)
class Walked:
    """What a walk left behind."""

    printed: str
    folder: Path
    environment: dict[str, str]
    programs: Path
    """The folder of the programs of the project's environment."""

    @property
    def project(self) -> Path:
        """The generated project."""
        return self.folder / "arrests"

    @property
    def address(self) -> str:
        """Where its service still answers."""
        found = re.search(r"service still runs at (http://\S+)/docs", self.printed)
        assert found, self.printed[-2000:]
        return found[1]

    def records(self, pattern: str) -> list[dict[str, object]]:
        """The JSON records of the project's files that match, one file each."""
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.project.glob(pattern))]


def begun(environment: dict[str, str], until: str) -> str:
    """Begin a walk, kill it at a line as a closed laptop would, and return what it printed."""
    with subprocess.Popen(
        WALK,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as walk:
        assert walk.stdout
        seen = ""
        for line in walk.stdout:
            seen += line
            if until in line:
                os.killpg(walk.pid, signal.SIGKILL)
                break
    assert until in seen, seen[-4000:]
    return seen


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """Walk until the project is checked, be interrupted, and walk again to the end, with verbs that start warm."""
    folder = tmp_path_factory.mktemp("demo") / "work"
    environment = os.environ | {"TRUNKLINE_DEMO": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begun(environment, "$ trunkline check")
    warm = programs(folder / "arrests/.venv/bin")
    # The walk moves the environment away for a moment: by then all that starts warm must be imported.
    subprocess.run([warm / "trunkline", "--version"], check=True, capture_output=True)
    try:
        done = subprocess.run(
            WALK,
            env=environment | {"TRUNKLINE_DEMO_PROGRAMS": str(warm)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:]
        yield Walked(printed=done.stdout, folder=folder, environment=environment, programs=warm)
    finally:
        subprocess.run([*WALK, "--stop"], env=environment, check=True)


def test_it_ends_with_three_commands_worth_trying_and_they_work(walked: Walked) -> None:
    commands = re.findall(r"^  cd \S+ && \.venv/bin/(trunkline .+)$", walked.printed, flags=re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        done = subprocess.run(
            [walked.programs / "trunkline", *command.split()[1:]],
            cwd=walked.project,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def test_every_move_of_production_was_a_merged_pull_request(walked: Walked) -> None:
    pulls = walked.records(".trunkline/forge/pulls/*.json")
    assert {pull["state"] for pull in pulls} == {"merged"}
    merges = subprocess.run(
        ["git", "log", "--first-parent", "--format=%s", "main", "--", "deployments/production.yaml"],
        cwd=walked.project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    moves = [subject for subject in merges if subject.startswith("Merge pull request")]
    assert len(moves) == 7, merges


def test_silent_canary_and_single_followed_each_other(walked: Walked) -> None:
    history = (walked.project / ".trunkline/live/production/history.jsonl").read_text(encoding="utf-8")
    releases = [json.loads(line)["release"] for line in history.splitlines()]
    stages = [(row["strategy"], row["champion"]["version"]) for row in releases]
    assert stages == [
        ("single", 1),
        ("silent", 1),
        ("canary", 1),
        ("single", 2),
        ("single", 3),
        ("single", 1),
        ("single", 3),
    ]


def test_the_bad_inputs_made_one_issue_and_two_letters_and_the_issue_closed(walked: Walked) -> None:
    issues = walked.records(".trunkline/forge/issues/*.json")
    data = [issue for issue in issues if issue["fingerprint"] == "production/data"]
    assert [issue["state"] for issue in data] == ["closed"]
    assert "still one issue, still one letter" in walked.printed
    assert "mail: [trunkline] Critical: Data in production: age" in walked.printed


def test_the_service_still_answers_with_the_version_that_was_brought_back(walked: Walked) -> None:
    ready = httpx.get(f"{walked.address}/ready").json()
    assert ready["champion"]["version"] == 3
    assert ready["strategy"] == "single"


def test_nobody_met_a_failed_request_during_release_and_revert(walked: Walked) -> None:
    found = re.search(r"users: (\d+) requests meanwhile, (\d+) failed; by version \{(.+)\}", walked.printed)
    assert found
    assert int(found[1]) > 100
    assert int(found[2]) == 0
    assert "1: " in found[3]
    assert "3: " in found[3]


def test_the_page_is_self_contained_and_tells_the_story(walked: Walked) -> None:
    page = (walked.folder.parent / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    assert "<script" not in page
    for told in (
        "Who served when",
        ">version 3<",
        "performance/champion",
        "psi",
        "Lineage of one prediction",
        "Retrain: ",
    ):
        assert told in page, told


def test_every_version_has_a_card_in_the_repository(walked: Walked) -> None:
    cards = sorted(path.parent.name for path in (walked.project / "model_cards").glob("v*/README.md"))
    assert cards == ["v0001", "v0002", "v0003"]


def test_the_committed_card_of_the_reference_project_is_what_the_first_release_writes(walked: Walked) -> None:
    # Digests follow from the commit and times from the machine; figures, words and pictures do not.
    written, committed = walked.project / "model_cards/v0001", REPOSITORY / "model_cards/arrests"
    # The digest's own file is of one release alone.
    assert sorted({path.name for path in written.iterdir()} - {"version.json"}) == sorted(
        path.name for path in committed.iterdir()
    )
    texts = []
    for folder in (written, committed):
        text = re.sub(
            r"[0-9a-f]{64}|[0-9a-f]{40}|\+[0-9a-f]{12}(?=`)",
            "<digest>",
            (folder / "README.md").read_text(encoding="utf-8"),
        )
        assert DIFFERS in text
        texts.append(re.sub(f"{DIFFERS}.*?{SAME}", "", text, flags=re.DOTALL))
    assert texts[0] == texts[1]
    for picture in sorted(committed.glob("*.svg")):
        assert (written / picture.name).read_bytes() == picture.read_bytes(), picture.name


def test_the_projects_own_tests_are_green_when_versions_serve(walked: Walked) -> None:
    done = subprocess.run(
        [walked.programs / "python", "-m", "pytest", "-q", "tests/unit", "tests/integration"],
        cwd=walked.project,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_work_tree_is_clean_afterwards(walked: Walked) -> None:
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=walked.project, check=True, capture_output=True, text=True
    )
    assert status.stdout == ""
    trees = subprocess.run(
        ["git", "worktree", "list"], cwd=walked.project, check=True, capture_output=True, text=True
    )
    assert len(trees.stdout.splitlines()) == 1


def test_a_walk_that_begins_again_stops_what_still_serves(walked: Walked) -> None:
    # The last test: nothing of the project is left afterwards.
    assert begun(walked.environment, "$ cookiecutter").startswith("production:    stopped")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{walked.address}/ready")
