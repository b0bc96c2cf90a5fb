"""The first day: a new repository is pushed, with no model, no secret and no store, and nothing is red."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from act.runner import program
from act.variables import ALWAYS
from act.workflow import read
from act.world import NAME, World
from standin import GitHub, serve

pytestmark = [
    pytest.mark.skipif(not program(), reason="act is not here: .ci/tools builds it with a Go toolchain"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The template's own example, as cookiecutter leaves it, on GitHub's runners."""
    folder = tmp_path_factory.mktemp("world")
    github = GitHub(repository=NAME, origin=folder / "origin.git")
    with serve(github) as served, World.create(folder, served) as made:
        yield made
        assert github.complaints() == []


def test_nothing_is_red_and_what_is_skipped_says_why(world: World) -> None:
    before = world.push()
    assert before == "0" * 40
    said = {
        "release.yml": (world.on_push("release.yml", before=before), "There is no data.lock yet"),
        "deploy.yml": (
            world.on_push("deploy.yml", before=before),
            "Set the repository variable TRUNKLINE_RUNNER",
        ),
        "wake.yml": (world.on_push("wake.yml", before=before), "has not run yet"),
        "heartbeat.yml": (world.on_schedule("heartbeat.yml"), "heartbeat.yml runs now, on schedule"),
        "rollout.yml": (world.on_dispatch("rollout.yml"), "serves no version yet"),
        "monitor.yml": (world.on_dispatch("monitor.yml"), "serves no version yet"),
        "retrain.yml": (world.on_schedule("retrain.yml"), "Skipped"),
    }
    for workflow, (run, why) in said.items():
        assert set(ALWAYS) <= run.variables, f"{workflow} ran without what GitHub always sets"
        assert run.green, f"{workflow}:\n{run.log[-3000:]}"
        assert why in run.summary, f"{workflow} does not say on its page why it did nothing: {run.summary}"
    assert world.served.github.threads == {}
    # Every hour, for nothing, would cost minutes: the schedule skips the job, whose name says until when.
    for workflow in ("rollout.yml", "monitor.yml"):
        assert world.on_schedule(workflow).jobs == {}
        (job,) = read(world.desk / ".github/workflows" / workflow)["jobs"].values()
        assert "skipped until a variable says where" in job["name"]


def test_the_first_documentation_change_trains_nothing(world: World) -> None:
    world.branch("docs")
    (world.desk / "README.md").write_text("# Ours\n")
    world.commit("Our own words")
    run = world.on_pull_request(world.open_pull_request("docs", "Our own words"))
    assert run.green
    assert run.jobs == {"tiers": "succeeded", "pass": "succeeded"}
