"""Production is somewhere else: no runner of ours is there, and GitHub's machines read its log from a bucket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from act import conversation
from act.runner import REPOSITORY, Run, program
from act.world import NAME, World
from standin import GitHub, bucket, serve

pytestmark = [
    pytest.mark.skipif(not program(), reason="act is not here: .ci/tools builds it with a Go toolchain"),
    pytest.mark.timeout(1500),
]
STORE = f"s3://{bucket.BUCKET}/{{environment}}"


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    """An S3 server with one bucket."""
    with bucket.serve_s3() as server:
        bucket.empty(server)
        yield server


def lock_obstore(folder: Path) -> None:
    """Do what `make lock` does when obstore stands in the files of what the project needs."""
    (ours,) = re.findall(r"^obstore==.*(?:\n .*)*\n", (REPOSITORY / "requirements/dev.txt").read_text(), re.M)
    for name in ("serve.txt", "dev.txt"):
        with (folder / name).open("a") as lock:
            lock.write(ours)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, cloud: str) -> Iterator[World]:
    """A repository whose production was deployed by a person, somewhere, and ships its log to a bucket."""
    folder = tmp_path_factory.mktemp("world")
    github = GitHub(repository=NAME, origin=folder / "origin.git")
    with serve(github) as served, World.create(folder, served) as made:
        made.with_small_model()
        policy = made.desk / "trunkline.yaml"
        rows = policy.read_text().replace("data: {", "data: {rows: main, ")
        policy.write_text(rows + f"serving: {{log: {{store: '{STORE}'}}}}\nforge: {{kind: github}}\n")
        lock_obstore(made.desk / "requirements")
        made.trunkline("snapshot")
        made.commit("Lock the data")
        made.push()
        made.trunkline("release")
        (promotion,) = served.github.threads
        made.merge(promotion, unchecked=True)
        secret = made.home / "secrets/production.variables"
        secret.parent.mkdir(parents=True, exist_ok=True)
        given = bucket.KEYS | bucket.reached_at(cloud)
        secret.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
        made.trunkline("deploy", "production")
        made.runner.environment |= bucket.reached_at(cloud)
        yield made
        assert github.complaints() == [], "GitHub's own description has something against a request"


def address(world: World) -> str:
    """Return where production answers."""
    service = json.loads((world.home / "live/production/service.json").read_text())
    return f"http://127.0.0.1:{service['port']}"


def open_titles(world: World) -> list[str]:
    """Return the titles of the open issues."""
    threads = world.served.github.threads.values()
    return [each["title"] for each in threads if "head" not in each and each["state"] == "open"]


def green(run: Run) -> Run:
    """Return a run that must be green, and that did not show the cloud's secret."""
    assert run.green, run.log[-6000:]
    said = [line for line in run.log.splitlines() if "  | " in line]
    assert not [line for line in said if "cloud-secret" in line]
    return run


def asked(world: World, cloud: str, rows: list[conversation.Row]) -> list[str]:
    """Let users ask production, which ships its log; return the ids of the answers."""
    answers = conversation.ask(address(world), rows)
    bucket.shipped(cloud, world.home / "predictions/production", "production")
    return answers


def test_until_a_variable_says_where_nothing_is_watched_and_one_pinned_issue_says_so(world: World) -> None:
    assert world.on_schedule("monitor.yml").jobs == {}
    for _ in range(2):
        green(world.on_push("wake.yml", before="0" * 40))
    assert open_titles(world) == ["Nothing watches what should serve"]
    (pinned,) = [each for each in world.served.github.threads.values() if each.get("pinned")]
    assert pinned["title"] in open_titles(world)
    world.runner.variables |= {
        "TRUNKLINE_LOG_STORE": STORE,
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/trunkline-reads",
        "AWS_REGION": "us-east-1",
    }
    green(world.on_push("wake.yml", before="0" * 40))
    assert open_titles(world) == []
    assert not pinned["pinned"]


def test_drift_that_only_the_bucket_shows_is_one_issue_until_it_is_over(world: World, cloud: str) -> None:
    rows = conversation.applicants(250, seed=7, first=50_000)
    asked(world, cloud, [row | {"income": row["income"] / 12} for row in rows])
    green(world.on_schedule("monitor.yml"))
    (title,) = open_titles(world)
    assert title.startswith("Data in production: income")
    asked(world, cloud, conversation.applicants(400, seed=8, first=60_000))
    green(world.on_schedule("monitor.yml"))
    assert open_titles(world) == []
    recovered = [comment["body"] for comment in world.served.github.comments.values()][-1]
    assert "Recovered" in recovered
    assert "xychart-beta" in recovered, "the chart has no earlier run: the signals went with the runner"


def test_a_fall_in_quality_is_answered_by_a_retraining(world: World, cloud: str) -> None:
    rows = conversation.applicants(800, seed=5, first=40_000)
    truths = conversation.truths(asked(world, cloud, rows), conversation.turned(rows))
    (world.folder / "truth.jsonl").write_text(truths)
    given = bucket.KEYS | bucket.reached_at(cloud)
    world.trunkline("truth", str(world.folder / "truth.jsonl"), "--environment", "production", given=given)
    green(world.on_schedule("monitor.yml"))
    assert [title for title in open_titles(world) if title.startswith("Performance in production")]
    (started,) = world.served.github.dispatches
    assert (started["workflow"], started["branch"]) == ("retrain.yml", "main")
    (retrained,) = world.dispatched()
    assert "putting 20 requests a second" in green(retrained).log, "a gate was left to the pull request"
    (number,) = [n for n, each in world.served.github.threads.items() if "retraining" in each["labels"]]
    (checks,) = world.dispatched()
    assert "model" not in green(checks).jobs
    assert "the rows can be read on main alone" in "".join(world.comments(number))
    before = world.merge(number)
    world.trunkline("deploy", "production")
    released = green(world.on_push("release.yml", before=before))
    assert "the desired state names it already" in released.log
    # The next runner knows what the one before learned from: the rows lie in the bucket, by their digest.
    assert "knows all but" in green(world.on_schedule("retrain.yml")).log
    assert not (world.home / "monitoring").exists(), "something of a run was kept on the machine that serves"
