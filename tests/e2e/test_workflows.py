"""Every workflow of a generated project, run by act in the order of life, against a stand-in for GitHub."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from act import conversation, loans
from act.runner import Run, program
from act.world import NAME, PACKAGE, World, git
from standin import GitHub, serve
from standin.github import FULL, Token

pytestmark = [
    pytest.mark.skipif(not program(), reason="act is not here: .ci/tools builds it with a Go toolchain"),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A repository whose production is a machine of its own; the tests of this module follow each other in it."""
    folder = tmp_path_factory.mktemp("world")
    github = GitHub(repository=NAME, origin=folder / "origin.git")
    with serve(github) as served, World.create(folder, served) as made:
        made.with_small_model().with_serving_machine()
        rows_behind_a_secret(made, True)
        made.push()
        yield made
        assert github.complaints() == [], "GitHub's own description has something against a request"


def rows_behind_a_secret(world: World, hidden: bool) -> None:
    """Let a pull request's rows be read in the environment `data` alone, or by anybody."""
    policy = world.desk / "trunkline.yaml"
    ways = ("data: {", "data: {rows: environment, ")
    old, new = ways if hidden else ways[::-1]
    policy.write_text(policy.read_text().replace(old, new))
    world.commit("Rows lie behind a secret" if hidden else "Everybody may read the rows")


def report_on(world: World, number: int) -> str:
    """Return the one comment that a pull request keeps."""
    found = [text for text in world.comments(number) if "trunkline:comment=trunkline-report" in text]
    assert len(found) == 1
    return found[0]


def address(world: World) -> str:
    """Return where production answers."""
    service = json.loads((world.home / "live/production/service.json").read_text())
    return f"http://127.0.0.1:{service['port']}"


def serving(world: World) -> tuple[str, list[int]]:
    """Return the strategy by which production answers, and the versions."""
    release = json.loads((world.home / "live/production/release.json").read_text())
    routes = [release["champion"], release["challenger"]]
    return release["strategy"], [route["version"] for route in routes if route]


def newest_pull(world: World, label: str) -> int:
    """Return the newest open pull request with a label."""
    threads = world.served.github.threads.items()
    return max(
        n for n, each in threads if "head" in each and each["state"] == "open" and label in each["labels"]
    )


def open_issues(world: World) -> dict[int, str]:
    """Return the open issues by number, with their titles."""
    threads = world.served.github.threads.items()
    return {n: each["title"] for n, each in threads if "head" not in each and each["state"] == "open"}


def green(run: Run) -> Run:
    """Return a run that must be green."""
    assert run.green, "\n".join(line for line in run.log.splitlines() if "  | " in line or "Failure" in line)[
        -6000:
    ]
    return run


def merge_and_deploy(world: World, number: int) -> Run:
    """Merge a pull request of the desired state, and let main deploy it."""
    return green(world.on_push("deploy.yml", before=world.merge(number)))


def test_a_good_model_is_judged_and_reported_once(world: World) -> None:
    world.branch("model/first")
    world.trunkline("snapshot")
    tests = world.desk / "tests/unit/test_features.py"
    tests.write_text(tests.read_text() + "\n\n# More to come.\n")
    world.commit("Lock the data")
    number = world.open_pull_request("model/first", "The first model")
    run = green(world.on_pull_request(number))
    # act asks no reviewer; the others, whose rows anybody may read, are judged in the job `model`.
    assert run.jobs == dict.fromkeys(("tiers", "code", "guarded", "image", "report", "pass"), "succeeded")
    assert set(run.artifacts) >= {"report"}
    assert [name for name in run.artifacts if name.startswith("bundle-")]
    assert (run.artifacts["report"] / "report.html").is_file()
    said = report_on(world, number)
    assert "| model | passed |" in said
    assert "| plan | not needed |" in said
    assert "every gate that blocks is green or waived" in said


def test_documentation_trains_nothing(world: World) -> None:
    world.branch("docs")
    (world.desk / "README.md").write_text("# Loans\n")
    world.commit("Say what it is")
    number = world.open_pull_request("docs", "Say what it is")
    run = green(world.on_pull_request(number))
    assert run.jobs == {"tiers": "succeeded", "pass": "succeeded"}
    assert world.comments(number) == []


def test_the_merge_releases_the_bundle_that_was_tested(world: World) -> None:
    (number,) = (n for n, each in world.served.github.threads.items() if each["head"] == "model/first")
    before = world.merge(number)
    run = green(world.on_push("release.yml", before=before))
    assert "which the pull request's run tested, is taken over" in run.of("register")
    assert "trying" not in run.of("register")
    assert run.jobs == dict.fromkeys(("register", "image", "staging"), "succeeded")
    attested = (world.runner.home / f"run-{world.runner.count}/attestations").read_text().splitlines()
    assert [line.split()[0] for line in attested] == [f"ghcr.io/{NAME}"] * 2
    assert json.loads((run.artifacts["image"] / "sbom.json").read_text())["bomFormat"] == "CycloneDX"
    promotion = newest_pull(world, "promotion")
    body = world.pull(promotion)["body"]
    assert re.search(r"\*\*Image\*\*.*ghcr\.io/acme/loans@sha256:[0-9a-f]{64}", body)
    assert "every answer is the bundle's own" in body
    (checks,) = world.dispatched()
    assert green(checks).jobs == dict.fromkeys(("tiers", "plan", "conclude", "pass"), "succeeded")
    assert "start   the service on local" in report_on(world, promotion)
    green(world.on_dispatch("ci.yml", branch=world.pull(promotion)["head"]))
    report_on(world, promotion)  # one comment, however often it is looked at


def test_the_merged_promotion_is_deployed(world: World) -> None:
    run = merge_and_deploy(world, newest_pull(world, "promotion"))
    assert run.jobs == {"tiers": "succeeded", "apply": "succeeded"}
    assert serving(world) == ("single", [1])
    ready = httpx.get(f"{address(world)}/ready", trust_env=False, timeout=60).json()
    assert ready["ready"]
    rows_behind_a_secret(world, False)
    world.push()


def test_a_biased_model_is_red_and_the_comment_says_why(world: World) -> None:
    world.branch("model/biased")
    loans.put_bias_in(world.desk, PACKAGE)
    world.trunkline("snapshot")
    world.commit("A model that learned what it should not")
    number = world.open_pull_request("model/biased", "A better model")
    run = world.on_pull_request(number)
    assert not run.green
    assert (run.jobs["model"], run.jobs["pass"]) == ("failed", "failed")
    assert not [name for name in run.artifacts if name.startswith("bundle-")]
    said = report_on(world, number)
    assert "| model | **failed** |" in said
    assert re.search(r"fairness/sex/demographic-parity`? \| FAIL", said)


def test_drift_is_one_issue_until_it_is_over(world: World) -> None:
    rows = conversation.applicants(250, seed=1)
    broken = [
        row | {"income": row["income"] / 12, "region": "east" if row["case"] % 4 == 0 else row["region"]}
        for row in rows
    ]
    conversation.ask(address(world), broken)
    green(world.on_schedule("monitor.yml"))
    (issue,) = open_issues(world)
    assert open_issues(world)[issue].startswith("Data in production: income")
    green(world.on_schedule("monitor.yml"))
    assert list(open_issues(world)) == [issue]
    assert "still there" in "".join(world.comments(issue))
    conversation.ask(address(world), conversation.applicants(400, seed=2))
    green(world.on_schedule("monitor.yml"))
    assert open_issues(world) == {}
    assert "Recovered" in world.comments(issue)[-1]


def merges_itself(world: World, number: int) -> Run:
    """Let the checks of an App's pull request run; GitHub merges it then, and main deploys it."""
    assert world.pull(number)["auto_merge"]
    before = git(world.desk, "ls-remote", "origin", "refs/heads/main").split()[0]
    green(world.on_pull_request(number))
    world.look()
    assert world.pull(number)["merged_at"], "its check is green, and GitHub was not asked to merge it"
    world.up_to_date()
    return green(world.on_push("deploy.yml", before=before))


def test_a_second_model_goes_silent_then_canary_by_one_merge_of_a_person(world: World) -> None:
    world.branch("model/second")
    path = world.desk / "src" / PACKAGE / "model.py"
    path.write_text(path.read_text().replace("[0.1, 1.0]", "[0.01, 0.3]"))
    policy = world.desk / "trunkline.yaml"
    automatic = "rollout: {promotion: automatic, trusted_callers: true, kill_switch: true, "
    policy.write_text(policy.read_text().replace("rollout: {", automatic))
    world.commit("Search elsewhere, and let promotions merge themselves")
    number = world.open_pull_request("model/second", "Search elsewhere")
    before = world.merge(number, unchecked=True)
    world.served.github.required = "pass"
    world.served.github.tokens["ghs_app"] = Token(permissions=dict(FULL), login="trunkline[bot]")
    world.runner.environment["STANDIN_APP_TOKEN"] = "ghs_app"
    world.runner.variables["TRUNKLINE_APP_ID"] = "Iv1.app"
    released = green(world.on_push("release.yml", before=before))
    assert "no run of the merged pull request kept a bundle" in released.of("register")
    assert "load/latency: p95" in released.of("register"), "nobody put load on what is released"
    assert world.dispatched() == [], "GitHub starts the checks of an App's pull request itself"
    merges_itself(world, newest_pull(world, "promotion"))
    assert serving(world) == ("silent", [1, 2])
    rows = conversation.applicants(400, seed=3, first=20_000)
    conversation.tell(world.home, conversation.ask(address(world), rows), conversation.as_ever(rows, seed=3))
    green(world.on_schedule("rollout.yml"))
    promotion = newest_pull(world, "promotion")
    assert "canary" in world.pull(promotion)["title"]
    merges_itself(world, promotion)
    assert serving(world) == ("canary", [1, 2])
    del world.runner.variables["TRUNKLINE_APP_ID"]


def test_a_bad_canary_loses_its_traffic_at_once_and_is_taken_back(world: World) -> None:
    rows = conversation.applicants(900, seed=4, first=30_000)
    answers = conversation.ask(address(world), rows)
    truths = dict(zip(answers, conversation.as_ever(rows, seed=4), strict=True))
    for line in conversation.logged(
        world.home, lambda line: line.get("arm") == "challenger" and line["id"] in truths
    ):
        truths[line["id"]] = "no" if line["outputs"]["prediction"] == "yes" else "yes"
    conversation.tell(world.home, list(truths), list(truths.values()))
    green(world.on_schedule("rollout.yml"))
    rollback = newest_pull(world, "rollback")
    assert "Roll back" in world.pull(rollback)["title"]
    assert serving(world) == ("single", [1]), "the kill switch was not thrown before the merge"
    assert "auto_merge" not in world.pull(rollback)
    (checks,) = world.dispatched()
    green(checks)
    merge_and_deploy(world, rollback)
    assert serving(world) == ("single", [1])


def test_a_fall_in_quality_is_answered_by_a_retraining_that_is_judged(world: World) -> None:
    rows = conversation.applicants(800, seed=5, first=40_000)
    conversation.tell(world.home, conversation.ask(address(world), rows), conversation.turned(rows))
    green(world.on_schedule("monitor.yml"))
    assert [title for title in open_issues(world).values() if title.startswith("Performance in production")]
    (started,) = world.served.github.dispatches
    assert (started["workflow"], started["branch"]) == ("retrain.yml", "main")
    (retrained,) = world.dispatched()
    green(retrained)
    green(world.on_schedule("monitor.yml"))
    assert [each["workflow"] for each in world.served.github.dispatches] == ["ci.yml"]
    number = newest_pull(world, "retraining")
    (checks,) = world.dispatched()
    assert green(checks).jobs["model"] == "succeeded"
    assert "is unchanged: bundle" in checks.of("model"), "the retraining's key was trained twice"
    assert "| model | passed |" in report_on(world, number)
    merge_and_deploy(world, number)
    assert serving(world) == ("single", [3])
    again = green(world.on_push("release.yml", before=git(world.desk, "rev-parse", "HEAD~1")))
    assert again.jobs == {"register": "succeeded", "image": "succeeded"}
    assert "the desired state names it already" in again.log
    assert "which the pull request's run tested, is taken over" in again.of("register")


def test_a_revert_is_a_rollback(world: World) -> None:
    world.branch("revert")
    git(world.desk, "revert", "--no-edit", "-m", "1", "HEAD")
    number = world.open_pull_request("revert", "Take the retraining back")
    green(world.on_pull_request(number))
    deployed = merge_and_deploy(world, number)
    assert "version 1 answers everyone" in deployed.of("apply")
    assert serving(world) == ("single", [1])
    assert conversation.ask(address(world), conversation.applicants(3, seed=6))


def test_what_the_workflows_took(world: World) -> None:
    assert {name.split()[0] for name in world.seconds} >= {
        "ci.yml",
        "release.yml",
        "deploy.yml",
        "monitor.yml",
    }
    folder = Path(os.environ.get("TRUNKLINE_FIGURES", world.folder))
    (folder / "workflow-seconds.json").write_text(json.dumps(world.seconds, indent=1))
