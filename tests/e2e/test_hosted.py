"""Production is somewhere else: a container behind SSH, and GitHub's machines, which keep nothing between two runs.

They deploy it over SSH, read its log from a bucket, and ask it what serves by a key that may ask for nothing else.
Where no container can be started, a process that a person deployed stands in for it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from act import conversation
from act.runner import REPOSITORY, Run, program
from act.world import NAME, World, git
from certificates import signing_key
from containers.fixtures import SshMachine, free_port
from containers.serving import OWN, layers_below
from standin import GitHub, bucket, serve
from trunkline.delivery import read_state
from trunkline.delivery.engine import Engine
from trunkline.delivery.targets.service import wait_for
from trunkline.predictions.copies import LogCopy
from trunkline.predictions.reader import LogReader
from warm import programs

pytestmark = [
    pytest.mark.skipif(not program(), reason="act is not here: .ci/tools builds it with a Go toolchain"),
    pytest.mark.timeout(1800),
]
STORE = f"s3://{bucket.BUCKET}/{{environment}}"
SHIPPED = f"serving: {{log: {{store: '{STORE}'}}}}\n"
BUCKET = {
    "TRUNKLINE_LOG_STORE": STORE,
    "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/trunkline-reads",
    "AWS_REGION": "us-east-1",
}
"""What lets GitHub's machines read it."""
SIGNED = "signatures: {keys: [keys/release.pub]}\n"
LONG_AGO = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="seconds")
STATE = """# Who serves production.
environment: production
target:
  kind: local
  port: {port}
strategy: none
"""


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    """An S3 server with one bucket."""
    with bucket.serve_s3("0.0.0.0") as server:
        bucket.empty(server)
        yield server


@dataclass(frozen=True)
class Machine:
    """Where production's container runs, and the registry that it is pulled from."""

    engine: Engine
    registry: str
    ssh: SshMachine

    def runs(self) -> list[str]:
        """Return the images of the containers that run, by digest."""
        words = [self.engine.program, "ps", "--format", "{{.Image}}"]
        images = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
        return [image for image in images if image.startswith(f"{self.registry}/")]

    def name(self) -> str:
        """Return the container that serves."""
        (image,) = self.runs()
        words = [self.engine.program, "ps", "--quiet", "--filter", f"ancestor={image}"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    def words(self) -> str:
        """Return what it wrote last."""
        return self.engine.words(self.name())

    def stop(self) -> None:
        """Stop it by hand."""
        subprocess.run([self.engine.program, "stop", self.name()], check=True, capture_output=True)


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest) -> Machine | None:
    """The machine that serves; None where no container can be started."""
    try:
        found = [request.getfixturevalue(name) for name in ("engine", "registry", "ssh_machine")]
    except pytest.skip.Exception:
        return None
    return Machine(*found)


def lock_obstore(folder: Path) -> None:
    """Do what `make lock` does when obstore stands in the files of what the project needs."""
    (ours,) = re.findall(r"^obstore==.*(?:\n .*)*\n", (REPOSITORY / "requirements/dev.txt").read_text(), re.M)
    for name in ("serve.txt", "dev.txt"):
        with (folder / name).open("a") as lock:
            lock.write(ours)


@dataclass
class Production:
    """Production as its users and its owner see it."""

    world: World
    cloud: str
    machine: Machine | None
    port: int = 0

    def address(self) -> str:
        """Return where it answers."""
        if self.machine is None:
            service = json.loads((self.world.home / "live/production/service.json").read_text())
            return f"http://127.0.0.1:{service['port']}"
        return f"http://127.0.0.1:{self.port}"

    def deploy(self, before: str) -> None:
        """Let what was merged serve: by deploy.yml over SSH, or by a person where no container can be started."""
        if self.machine is None:
            self.world.trunkline("deploy", "production")
        else:
            green(self.world.on_push("deploy.yml", before=before))

    def log(self) -> LogReader:
        """Return what reads the log from the bucket."""
        copy = LogCopy(bucket.store_at(self.cloud, "production"), self.world.folder / "copy")
        copy.bring(datetime.now(UTC) - timedelta(days=1))
        return LogReader(copy.folder)

    def asked(self, rows: list[conversation.Row]) -> list[str]:
        """Let users ask it, and wait until it has shipped its answers; return their ids."""
        answers = conversation.ask(self.address(), rows)
        if self.machine is None:
            bucket.shipped(self.cloud, self.world.home / "predictions/production", "production")
        wanted = set(answers)
        shipped = wait_for(
            lambda: wanted <= {row.id for row in self.log().between().predictions} or None, patience=60
        )
        assert shipped, self.machine and self.machine.words()
        return answers

    def told(self, truths: str) -> None:
        """Let it be known what really happened, from a machine that reaches the bucket."""
        path = self.world.folder / "truth.jsonl"
        path.write_text(truths)
        given = bucket.KEYS | bucket.reached_at(self.cloud)
        self.world.trunkline("truth", str(path), "--environment", "production", given=given)


GH = """#!/bin/sh
case "$1 $2" in "secret set") cat > "$KEPT/secret.$3" ;; "variable set") printf %s "$5" > "$KEPT/variable.$3" ;;
*) echo "gh $* is not known here" >&2; exit 2 ;; esac
"""


@dataclass
class Typist:
    """Whoever types the lines of docs/production.md: with an SSH client that knows the machine, and `gh`."""

    world: World
    machine: Machine
    number: int = 0

    def lines(self) -> list[str]:
        """Return the lines, for the tests' machine."""
        text = (REPOSITORY / "docs/production.md").read_text()
        shown: str = re.findall(r"## In ten lines.*?```console\n(.*?)```", text, re.DOTALL)[0]
        ssh = self.machine.ssh
        for one, other in (
            ("ada@prod.example.org", ssh.host),
            (".ssh/authorized_keys", f"{ssh.folder}/authorized"),
            ("/etc/ssh/ssh_host_ed25519_key.pub", f"{ssh.folder}/host.pub"),
            (f"host: {ssh.host}", f"host: {ssh.host}\\n  folder: {self.world.folder}/there"),
        ):
            assert one in shown
            shown = shown.replace(one, other)
        return shown.splitlines()

    def type(self, line: str) -> None:
        """Do what a line says; what it sets on GitHub is set for the next run."""
        for part in line.split(" && "):
            if part.startswith("gh pr create"):
                self.number = self.world.open_pull_request("first", "Production is a container")
            elif part.startswith("gh pr merge"):
                found = re.search(r"\d+", part)
                number = int(found[0]) if found else self.number
                before = self.world.merge(number, unchecked=True)
                run = green(self.world.on_push("deploy.yml" if found else "release.yml", before=before))
                assert found or "signed the image" in run.of("sign"), run.of("sign")
                self.world.dispatched()
            else:
                self._sh(part)

    def _sh(self, words: str) -> None:
        kept, bin_ = self.world.folder / "kept", self.world.folder / "bin"
        key = self.world.folder / "own"
        for folder in (kept, bin_):
            folder.mkdir(exist_ok=True)
        key.touch(0o600)
        key.write_text(os.environ["TRUNKLINE_SSH_KEY"])
        client = f'exec {shutil.which("ssh")} -F "$TRUNKLINE_SSH_CONFIG" -i {key} "$@"'
        for name, text in (("gh", GH), ("ssh", f"#!/bin/sh\n{client}\n")):
            (bin_ / name).write_text(text)
            (bin_ / name).chmod(0o755)
        identity = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "Ada"), ("EMAIL", "ada@localhost"))
        }
        path = f"{bin_}:{programs()}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", words],
            cwd=self.world.desk,
            env=self.world.person() | identity | {"PATH": path, "KEPT": str(kept)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        for file in kept.iterdir():
            kind, _, name = file.name.partition(".")
            held = self.world.runner.secrets if kind == "secret" else self.world.runner.variables
            held[name] = file.read_text().strip()


@pytest.fixture(scope="module")
def production(
    tmp_path_factory: pytest.TempPathFactory, cloud: str, machine: Machine | None
) -> Iterator[Production]:
    """A repository on GitHub after the lines of docs/production.md but for the last, with which the watching begins."""
    folder = tmp_path_factory.mktemp("world")
    github = GitHub(repository=NAME, origin=folder / "origin.git")
    with ExitStack() as stack:
        served = stack.enter_context(serve(github))
        made = stack.enter_context(World.create(folder, served))
        made.with_small_model()
        policy = made.desk / "trunkline.yaml"
        rows = policy.read_text().replace("data: {", "data: {rows: main, ")
        canary = "rollout: {stages: [canary, single], canary_share: 0.5, kill_switch: true, "
        stages = rows.replace("rollout: {", canary)
        policy.write_text(f"{stages}forge: {{kind: github}}\n{SIGNED if machine else SHIPPED}")
        lock_obstore(made.desk / "requirements")
        place = Production(made, cloud, machine, free_port())
        made.runner.environment |= bucket.reached_at(cloud)
        if machine is not None:
            base = stack.enter_context(layers_below(machine.engine, folder / "below", "obstore"))
            (made.desk / "Dockerfile").write_text(OWN)
            made.runner.secrets["TRUNKLINE_SIGNING_KEY"], public = signing_key()
            (made.desk / "keys").mkdir()
            (made.desk / "keys/release.pub").write_text(public)
            (made.desk / "deployments/production.yaml").write_text(STATE.format(port=place.port))
            handed = {name: value for name, value in os.environ.items() if name.startswith("CONTAINERS_")}
            made.runner.engine = ""
            made.runner.environment |= handed | {
                "TRUNKLINE_SSH_CONFIG": os.environ["TRUNKLINE_SSH_CONFIG"],
                "TRUNKLINE_BASE_IMAGE": base,
                # The registry of the tests lies below the host of this server, as .github/registry.py asks.
                "GITHUB_SERVER_URL": f"http://0.0.1:{machine.registry.partition(':')[2]}",
                # Long enough ago that a difference is no deployment on its way.
                "GIT_COMMITTER_DATE": LONG_AGO,
            }
            made.runner.variables["TRUNKLINE_REGISTRY"] = machine.registry
            stack.callback(made.trunkline, "stop", "production", check=False)
        made.trunkline("snapshot")
        made.commit("Lock the data")
        made.push()
        if machine is not None:
            typist = Typist(made, machine)
            lines = typist.lines()
            assert len(lines) == 10
            for line in lines[:-1]:
                typist.type(line)
            del made.runner.environment["GIT_COMMITTER_DATE"]
        else:
            secret = made.home / "secrets/production.variables"
            secret.parent.mkdir(parents=True, exist_ok=True)
            given = bucket.KEYS | bucket.reached_at(cloud)
            secret.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
            made.trunkline("release")
            (promotion,) = served.github.threads
            place.deploy(made.merge(promotion, unchecked=True))
        yield place
        assert github.complaints() == [], "GitHub's own description has something against a request"


def open_titles(world: World) -> list[str]:
    """Return the titles of the open issues."""
    threads = world.served.github.threads.values()
    return sorted(each["title"] for each in threads if "head" not in each and each["state"] == "open")


def newest_pull(world: World, label: str) -> int:
    """Return the newest open pull request with a label."""
    threads = world.served.github.threads.items()
    return max(
        n for n, each in threads if "head" in each and each["state"] == "open" and label in each["labels"]
    )


def green(run: Run) -> Run:
    """Return a run that must be green, and that did not show a secret of the cloud."""
    assert run.green, run.log[-6000:]
    said = [line for line in run.log.splitlines() if "  | " in line]
    assert not [line for line in said if "cloud-secret" in line or "SECRET_ACCESS_KEY=s" in line]
    return run


def test_until_a_variable_says_where_nothing_is_watched_and_one_pinned_issue_says_so(
    production: Production,
) -> None:
    world, machine = production.world, production.machine
    assert world.on_schedule("monitor.yml").jobs == {}
    for _ in range(2):
        green(world.on_push("wake.yml", before="0" * 40))
    assert open_titles(world) == ["Nothing watches what should serve"]
    (pinned,) = [each for each in world.served.github.threads.values() if each.get("pinned")]
    assert pinned["title"] in open_titles(world)
    if machine is None:
        world.runner.variables |= BUCKET
    else:
        typist = Typist(world, machine)
        typist.type(typist.lines()[-1])
    green(world.on_push("wake.yml", before="0" * 40))
    assert open_titles(world) == []
    assert not pinned["pinned"]


def test_drift_of_the_rows_is_seen_over_ssh(production: Production) -> None:
    if production.machine is None:
        pytest.skip("no container can be started here")
    rows = conversation.applicants(250, seed=7, first=50_000)
    conversation.ask(production.address(), [row | {"income": row["income"] / 12} for row in rows])
    green(production.world.on_schedule("monitor.yml"))
    (title,) = open_titles(production.world)
    assert title.startswith("Data in production: income")


def test_drift_of_rows_and_machine_are_issues_until_they_are_over(production: Production) -> None:
    world, machine = production.world, production.machine
    drifted = []
    if machine is not None:
        # From here on the log is shipped to a bucket, which main names; the container gets the keys of it.
        policy = world.desk / "trunkline.yaml"
        policy.write_text(policy.read_text() + SHIPPED)
        inside = f"http://host.containers.internal:{urlsplit(production.cloud).port}"
        told = bucket.KEYS | bucket.reached_at(production.cloud) | {"AWS_ENDPOINT": inside}
        world.runner.secrets["TRUNKLINE_SERVICE_SECRETS"] = "\n".join(f"{k}={v}" for k, v in told.items())
        world.commit("Ship the log to a bucket")
        world.push()
        world.runner.variables |= BUCKET
        production.deploy("0" * 40)
        drifted = ["production: what serves is not what main desires"]
    rows = conversation.applicants(250, seed=9, first=55_000)
    production.asked([row | {"income": row["income"] / 12} for row in rows])
    if machine is not None:
        machine.stop()
    green(world.on_schedule("monitor.yml"))
    titles = open_titles(world)
    assert titles[1:] == drifted
    assert titles[0].startswith("Data in production: income")
    if machine is not None:
        production.deploy("0" * 40)
    production.asked(conversation.applicants(400, seed=8, first=60_000))
    green(world.on_schedule("monitor.yml"))
    assert open_titles(world) == []
    bodies = [comment["body"] for comment in world.served.github.comments.values()]
    (recovered,) = [body for body in bodies if "Recovered" in body]
    assert "xychart-beta" in recovered, "the chart has no earlier run: the signals went with the runner"


def test_a_fall_in_quality_is_answered_by_a_retraining_that_serves_beside_the_champion(
    production: Production,
) -> None:
    world, machine = production.world, production.machine
    rows = conversation.applicants(800, seed=5, first=40_000)
    production.told(conversation.truths(production.asked(rows), conversation.turned(rows)))
    green(world.on_schedule("monitor.yml"))
    assert [title for title in open_titles(world) if title.startswith("Performance in production")]
    (started,) = world.served.github.dispatches
    assert (started["workflow"], started["branch"]) == ("retrain.yml", "main")
    (retrained,) = world.dispatched()
    assert "putting 50 requests a second" in green(retrained).log, "a gate was left to the pull request"
    assert machine is None or retrained.jobs["sign"] == "succeeded"
    number = newest_pull(world, "retraining")
    (checks,) = world.dispatched()
    assert "model" not in green(checks).jobs
    assert "the rows can be read on main alone" in "".join(world.comments(number))
    before = world.merge(number)
    if machine is None:
        production.deploy(before)
        released = green(world.on_push("release.yml", before=before))
        assert "the desired state names it already" in released.log
    else:
        (old,) = machine.runs()
        green(world.on_push("release.yml", before=before))
        world.dispatched()
        production.deploy(world.merge(newest_pull(world, "promotion"), unchecked=True))
        (new,) = machine.runs()
        assert old != new
        assert read_state(world.desk / "deployments/production.yaml").image == new
    # The next runner knows what the one before learned from: the rows lie in the bucket, by their digest.
    again = green(world.on_schedule("retrain.yml")).log
    assert ("knows all but" if machine is None else "is being judged") in again
    assert not (world.home / "monitoring").exists(), "something of a run was kept on the machine that serves"


def arms(production: Production, *, first: int) -> set[str]:
    """Ask as forty users, and return which of the two versions answered them."""
    asked = {*production.asked(conversation.applicants(40, seed=8, first=first))}
    return {row.arm for row in production.log().between().predictions if row.id in asked}


def test_a_bad_canary_loses_its_traffic_is_taken_back_by_a_pull_request_and_a_revert_brings_it_again(
    production: Production,
) -> None:
    world, machine = production.world, production.machine
    if machine is None:
        pytest.skip("no container can be started here; a process's canary is in test_workflows.py")
    (canary,) = machine.runs()
    rows = conversation.applicants(900, seed=4, first=70_000)
    answers = production.asked(rows)
    truths = dict(zip(answers, conversation.as_ever(rows, seed=4), strict=True))
    for row in production.log().between().predictions:
        if row.id in truths and row.arm == "challenger":
            truths[row.id] = "no" if row.outputs["prediction"] == "yes" else "yes"
    production.told(conversation.truths(list(truths), list(truths.values())))
    # GitHub's machines may ask what serves, and change nothing. Whoever may log in throws the switch, over SSH.
    assert "could not take its traffic" in green(world.on_schedule("rollout.yml")).log
    rollback = newest_pull(world, "rollback")
    assert arms(production, first=80_000) == {"champion", "challenger"}
    world.trunkline(
        "rollout", "production", given=bucket.KEYS | bucket.reached_at(production.cloud), check=False
    )
    assert newest_pull(world, "rollback") == rollback
    assert read_state(world.desk / "deployments/production.yaml").challenger is not None
    assert arms(production, first=81_000) == {"champion"}, "the kill switch did not reach the other machine"
    before = world.merge(rollback, unchecked=True)
    production.deploy(before)
    # The image carries both versions, so the way back changes who answers, and nothing has to be fetched.
    state = read_state(world.desk / "deployments/production.yaml")
    assert (state.challenger, state.image) == (None, canary)
    assert machine.runs() == [canary]
    assert arms(production, first=82_000) == {"champion"}
    world.branch("revert")
    git(world.desk, "revert", "--no-edit", "-m", "1", "HEAD")
    number = world.open_pull_request("revert", "Take the rollback back")
    production.deploy(world.merge(number, unchecked=True))
    assert read_state(world.desk / "deployments/production.yaml").challenger is not None
    assert machine.runs() == [canary]
    assert conversation.ask(production.address(), conversation.applicants(3, seed=6))
