"""The heartbeat over the stand-in for GitHub: what it switches on, keeps awake, and leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from standin import Served
from standin.github import TOKEN, Fault
from trunkline.core.project import Project
from trunkline.forge import open_forge
from trunkline.loop.life.heartbeat import heartbeat

SAFE = {"reviewers": ["grace"], "self_review": False}
MAIN: dict[str, list[dict[str, str]]] = {"refs": [{"name": "main", "type": "branch"}]}
FILES = ("monitor.yml", "rollout.yml", "retrain.yml", "heartbeat.yml")


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture
def project(work_tree: Path, served: Served, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on the stand-in, in a run that a push started, with all schedules awake and a workflow without one."""
    surroundings = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/income",
        "GITHUB_API_URL": served.url,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_EVENT_NAME": "push",
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    (work_tree / "trunkline.yaml").write_text("name: income\npackage: income\n")
    for file in (*FILES, "ci.yml"):
        served.github.put_workflow(file)
    served.github.environments["automation"] = dict(MAIN)
    return Project(work_tree)


def enabled(served: Served) -> list[str]:
    """Return the workflows that were switched on, by file."""
    return sorted(request["path"].split("/")[-2] for request in served.github.requests("/enable"))


def test_every_look_keeps_all_schedules_awake_and_the_heartbeats_own(
    project: Project, served: Served
) -> None:
    lines = heartbeat(project, progress=say)
    assert enabled(served) == sorted(FILES)
    assert not [line for line in lines if "switched on" in line]
    assert served.github.threads == {}


def test_a_push_wakes_the_heartbeat_that_fell_asleep_with_the_others_and_says_so(
    project: Project, served: Served
) -> None:
    for file in FILES:
        served.github.put_workflow(file, "disabled_inactivity")
    lines = heartbeat(project, progress=say)
    assert {row["state"] for row in served.github.workflows.values()} == {"active"}
    assert len([line for line in lines if line.endswith("it is switched on again")]) == len(FILES)
    (issue,) = served.github.threads.values()
    assert "heartbeat.yml was switched off by the forge" in issue["body"]


def test_the_heartbeats_own_schedule_does_not_complain_of_itself(
    project: Project, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.github.put_run(workflow="heartbeat.yml", head_sha="a" * 40, created="2026-01-01T00:00:00Z")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "schedule")
    assert "heartbeat.yml runs now, on schedule" in heartbeat(project, progress=say)
    assert served.github.threads == {}
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    heartbeat(project, progress=say)
    (issue,) = served.github.threads.values()
    assert "heartbeat.yml ended well last" in issue["body"]


def test_what_a_person_switched_off_stays_off(project: Project, served: Served) -> None:
    served.github.put_workflow("monitor.yml", "disabled_manually")
    heartbeat(project, progress=say)
    assert "monitor.yml" not in enabled(served)
    assert served.github.workflows["monitor.yml"]["state"] == "disabled_manually"


def test_one_that_cannot_be_kept_awake_says_why(project: Project, served: Served) -> None:
    served.github.tokens[TOKEN].permissions["actions"] = "read"
    lines = heartbeat(project, progress=say)
    assert len([line for line in lines if "; it could not be kept awake: " in line]) == len(FILES)


def named(project: Project, *, champion: bool = True, challenger: bool = False) -> None:
    """Write the desired state of production, as main would have it."""
    digest, other = (f"sha256:{letter * 64}" for letter in "ab")
    lines = ["environment: production", "target: {kind: local, port: 0}"]
    lines += [f"strategy: {'silent' if challenger else 'single' if champion else 'none'}"]
    if champion:
        lines += [f"champion: {{version: 1, bundle: {digest}}}"]
    if challenger:
        lines += [f"challenger: {{version: 2, bundle: {other}}}"]
    path = project.deployment("production")
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def open_titles(served: Served) -> list[str]:
    """Return the titles of the open issues."""
    return [each["title"] for each in served.github.threads.values() if each["state"] == "open"]


def comments(served: Served) -> list[str]:
    """Return the comments in their order."""
    return [each["body"] for each in served.github.comments.values()]


@pytest.mark.parametrize(
    "variable", ["TRUNKLINE_RUNNER", "TRUNKLINE_LOG_STORE", "TRUNKLINE_SERVICE_URL", "TRUNKLINE_HOST"]
)
def test_one_pinned_issue_says_what_nothing_watches_and_the_ways_on_until_something_does(
    project: Project, served: Served, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "")
    named(project, champion=False)
    heartbeat(project, progress=say)
    assert open_titles(served) == []
    named(project)
    for _ in range(2):
        assert "monitor.yml looks at nothing, and production should serve" in heartbeat(project, progress=say)
    (issue,) = served.github.threads.values()
    assert issue["pinned"]
    ways = issue["body"].partition("## The three shortest ways on")[2].split("### ")[1:]
    assert [sum(line[:2] in ("1.", "2.", "3.", "4.", "5.") for line in way.splitlines()) for way in ways] == [
        5
    ] * 3
    (said,) = comments(served)
    assert "the challenger" not in said
    named(project, challenger=True)
    heartbeat(project, progress=say)
    (said,) = comments(served)
    assert "the challenger (rollout.yml)" in said, "the issue does not follow what main desires"
    monkeypatch.setenv(variable, "somewhere")
    heartbeat(project, progress=say)
    assert open_titles(served) == []
    assert not issue["pinned"]
    assert len(served.github.threads) == 1


def test_where_people_pinned_three_issues_it_is_an_issue_as_any(
    project: Project, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_RUNNER", "")
    forge = open_forge(project)
    for number in range(3):
        forge.pin_issue(forge.open_issue(fingerprint=f"{number}", title="Ours", body="").number)
    named(project)
    lines: list[str] = []
    heartbeat(project, progress=lines.append)
    assert "Nothing watches what should serve" in open_titles(served)
    assert [line for line in lines if "not pinned" in line]


def test_runs_that_were_skipped_watched_nothing(project: Project, served: Served) -> None:
    served.github.put_run(workflow="monitor.yml", head_sha="a" * 40, conclusion="skipped", event="schedule")
    named(project)
    heartbeat(project, progress=say)
    (said,) = comments(served)
    assert "production: the champion" in said
    named(project, champion=False)
    heartbeat(project, progress=say)
    assert open_titles(served) == []


def titles(served: Served, state: str) -> list[str]:
    """Return the titles of the issues in a state."""
    return [each["title"] for each in served.github.threads.values() if each["state"] == state]


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (None, "is not there"),
        ({}, "has no required reviewers: whoever pushes any branch"),
        (MAIN, "has no required reviewers"),
        ({"reviewers": ["grace"]}, "approve it themselves"),
    ],
)
def test_an_environment_whose_rows_need_no_approval_is_an_issue_until_they_do(
    project: Project, served: Served, rules: dict[str, object] | None, why: str
) -> None:
    (project.root / "trunkline.yaml").write_text("name: income\npackage: income\ndata: {rows: environment}\n")
    project = Project(project.root)
    if rules is not None:
        served.github.environments["data"] = rules
    for _ in range(2):
        assert [
            line
            for line in heartbeat(project, progress=say)
            if "the environment data" in line and why in line
        ]
    assert titles(served, "open") == ["Environments let in code that nobody approved"]
    (said,) = comments(served)
    assert why in said
    served.github.environments["data"] = dict(SAFE)
    heartbeat(project, progress=say)
    assert titles(served, "open") == []
    assert len(served.github.threads) == 1


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        (None, "is not there"),
        ({}, "takes every branch"),
        ({"refs": "protected"}, "takes protected branches"),
        ({"refs": [*MAIN["refs"], {"name": "main", "type": "tag"}]}, "takes tag: main"),
        ({"refs": [{"name": "*", "type": "branch"}]}, r"takes *"),
    ],
)
def test_an_environment_that_holds_a_secret_takes_main_alone(
    project: Project,
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    rules: dict[str, object] | None,
    why: str,
) -> None:
    monkeypatch.setenv("TRUNKLINE_HOST", "ada@prod.example.org")
    del served.github.environments["automation"]
    if rules is not None:
        served.github.environments["automation"] = rules
    assert [line for line in heartbeat(project, progress=say) if f"the environment automation {why}" in line]
    served.github.environments["automation"] = dict(MAIN)
    heartbeat(project, progress=say)
    assert titles(served, "open") == []


def test_where_the_forge_does_not_tell_its_environments_that_is_said_and_the_issue_stays(
    project: Project, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_HOST", "ada@prod.example.org")
    del served.github.environments["automation"]
    heartbeat(project, progress=say)
    served.github.faults.append(Fault("GET .*/environments", 403, body={"message": "Upgrade your plan"}))
    lines = heartbeat(project, progress=say)
    assert [line for line in lines if "is not known" in line and "Upgrade your plan" in line]
    assert len(titles(served, "open")) == 1
