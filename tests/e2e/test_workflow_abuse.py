"""What strangers and accidents get from the workflows: nothing, and nothing twice."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from act.runner import program
from act.world import NAME, World, git, zipped
from standin import GitHub, serve
from standin.github import Fault

pytestmark = [
    pytest.mark.skipif(not program(), reason="act is not here: .ci/tools builds it with a Go toolchain"),
    pytest.mark.timeout(1800),
]

SECRETS = {"MLFLOW_TRACKING_PASSWORD": "do-not-print-me", "TRUNKLINE_APP_KEY": "nor-me"}
GREEDY = """
# What a stranger would like to know, and to do.
greed:
\t@(env | sort; git config --list) | rev
\t@curl --silent --request POST --header "Authorization: Bearer $$GITHUB_TOKEN" --data '{"title": "me"}' \\
\t  "$$GITHUB_API_URL/repos/acme/loans/issues" || true
\t@exit 1
setup: greed
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A repository on GitHub's own runners, with secrets; the tests of this module follow each other in it."""
    folder = tmp_path_factory.mktemp("world")
    github = GitHub(repository=NAME, origin=folder / "origin.git")
    with serve(github) as served, World.create(folder, served) as made:
        made.with_small_model().push()
        yield made


def writes(world: World, since: int) -> list[str]:
    """Return the requests after the first `since` that changed something."""
    seen = world.served.github.seen[since:]
    return [
        f"{each['method']} {each['path']}"
        for each in seen
        if each["method"] != "GET" and each["status"] < 400
    ]


def from_a_fork(world: World, branch: str, title: str) -> int:
    """Open a pull request of the commit that is checked out, as a stranger does from a fork."""
    sha = git(world.desk, "rev-parse", "HEAD")
    # A fork's commits can be had from the repository itself, under no branch.
    git(world.desk, "push", "--quiet", "origin", f"HEAD:refs/pull/{branch}/head")
    github = world.served.github
    from standin.github import Token
    from standin.pulls import new_pull

    number = github.next_number()
    stranger = Token(login="mallory", kind="User", association="NONE")
    github.threads[number] = new_pull(github, stranger, branch, "main", title, "", sha, "mallory/loans")
    return number


def promotions(world: World) -> list[str]:
    """Return the titles of the promotions that were proposed."""
    threads = world.served.github.threads.values()
    return [each["title"] for each in threads if "promotion" in each["labels"]]


def test_a_stranger_gets_no_secret_and_changes_nothing(world: World) -> None:
    world.runner.secrets |= SECRETS
    world.branch("greedy")
    makefile = world.desk / "Makefile"
    makefile.write_text(makefile.read_text() + GREEDY)
    deployment = world.desk / "deployments/production.yaml"
    deployment.write_text(deployment.read_text() + "# mine\n")
    world.commit("Be kind to me")
    number = from_a_fork(world, "greedy", "Be kind to me")
    seen = len(world.served.github.seen)
    run = world.on_pull_request(number)
    # Backwards, for act puts stars in a secret's place; what the job does have, the token that reads, is seen so.
    *_, token = world.served.github.tokens
    assert token[::-1] in run.log, "the stranger's code did not run, so this proves nothing"
    assert not [value for value in SECRETS.values() if value[::-1] in run.log]
    assert "report" not in run.jobs
    assert writes(world, seen) == []
    assert world.comments(number) == []


def test_no_text_that_a_stranger_chose_is_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = world.folder / "witness"
    evil = f'$(touch${{IFS}}{witness})`touch${{IFS}}{witness}`";touch${{IFS}}{witness};"'
    branch = "x-$(touch${IFS}witness)"
    world.branch(branch)
    (world.desk / "README.md").write_text(evil + "\n")
    deployment = world.desk / "deployments/production.yaml"
    deployment.write_text(deployment.read_text() + f"# {evil}\n")
    world.commit(f"{evil}\n\n::set-output name=model::true\n::add-mask::x")
    number = world.open_pull_request(branch, evil, body=evil)
    assert world.on_pull_request(number).green
    world.on_dispatch("retrain.yml", inputs={"reason": evil, "environment": evil})
    assert not witness.exists()
    found = subprocess.run(
        ["find", str(world.folder), "-name", "witness"], capture_output=True, text=True, check=True
    )
    assert found.stdout == ""


def test_nobody_releases_or_deploys_from_a_branch(world: World) -> None:
    world.branch("mine")
    (world.desk / "deployments/production.yaml").write_text("environment: production\n")
    world.commit("Deploy mine")
    world.push("mine")
    seen = len(world.served.github.seen)
    for workflow in (
        "release.yml",
        "deploy.yml",
        "rollout.yml",
        "monitor.yml",
        "retrain.yml",
        "heartbeat.yml",
        "wake.yml",
    ):
        run = world.on_dispatch(workflow, branch="mine")
        assert run.jobs == {}, f"{workflow} ran on a branch"
    assert writes(world, seen) == []


def test_a_forks_bundle_is_not_taken_over_and_a_release_that_waited_and_broke_ends_once(world: World) -> None:
    world.branch("gift")
    world.trunkline("snapshot")
    world.commit("A gift: the data are locked")
    number = from_a_fork(world, "gift", "A gift")
    packed = world.folder / "packed"
    world.trunkline("train")
    name = re.search(r"bundle-[0-9a-f]{16}", world.trunkline("ci", "pack", "--to", str(packed)))
    assert name
    world.served.github.put_run(
        workflow="ci.yml",
        head_sha=git(world.desk, "rev-parse", "HEAD"),
        head_branch="gift",
        head_repository="mallory/loans",
        artifacts={name.group(): zipped(packed / "bundle")},
    )
    git(world.desk, "push", "--quiet", "origin", "HEAD:refs/heads/gift")
    world.served.github.threads[number]["fork"] = "mallory/loans"
    git(world.desk, "switch", "--quiet", "main")
    git(world.desk, "merge", "--quiet", "--no-ff", "--message", f"Merge pull request #{number}", "gift")
    before = world.push()
    merged = world.served.github.threads[number]
    merged |= {
        "state": "closed",
        "merge": git(world.desk, "rev-parse", "HEAD"),
        "merged_at": world.served.github.time(),
    }
    # Nobody has allowed workflows to propose yet.
    world.served.github.bots_propose = False
    waiting = world.on_push("release.yml", before=before)
    assert waiting.green, waiting.log[-3000:]
    assert "training here" in waiting.of("register")
    assert "The fork's run says that it made the very same model file" in waiting.summary
    assert "Allow GitHub Actions to create and approve pull requests" in waiting.summary
    assert promotions(world) == []
    world.served.github.bots_propose = True
    # The forge is gone between the registration and the pull request.
    world.served.github.faults.append(Fault(pattern=r"POST /repos/.*/pulls$", status=502, times=50))
    broken = world.on_dispatch("release.yml")
    assert (broken.jobs["register"], broken.jobs["staging"]) == ("succeeded", "failed")
    world.served.github.faults.clear()
    again = world.on_push("release.yml", before=before)
    assert again.green
    assert "is unchanged: bundle" in again.of("register")
    assert promotions(world) == ["production: version 1 answers everyone"]
