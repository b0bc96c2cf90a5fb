"""Containers behind a real proxy, here and over SSH: no request is lost, and every fault leaves old or new."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from containers.fixtures import SshMachine
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, PolicyError, StorageError, UnavailableError
from trunkline.core.policy.access import Access
from trunkline.core.release import Release
from trunkline.delivery.targets.container_target import ContainerTarget
from trunkline.delivery.targets.look import line_of_key
from trunkline.delivery.targets.machine import Machine
from trunkline.delivery.targets.proxy import Proxy
from trunkline.delivery.targets.service import wait_for

from .conftest import MakeContainers, MakeRoute, single
from .fake_service import REFUSED

MakeRelease = Callable[[int], Release]
VARIABLES_THERE = "/srv/keys/variables"
RATE, CONNECTIONS = 200, 10
UNDER_S = 20.0
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def of(route: MakeRoute, image: str) -> MakeRelease:
    """Makes the release of a version, in the tests' image."""
    return lambda version: single(route(version), f"c{version}", image=image)


def left(target: ContainerTarget) -> list[str]:
    """Return the containers of a target that are there, whether or not they run."""
    said = target.containers.tell(
        "ps", "--all", "--filter", f"label=trunkline.target={target.key}", "--format", "{{.Names}}"
    )
    return (said or "").split()


def answer(target: ContainerTarget) -> int:
    """Return which version answers a user."""
    address = f"http://127.0.0.1:{target.settings.port}/predict"
    return int(httpx.get(address, timeout=10, trust_env=False).json()["champion"]["version"])


@contextmanager
def asked(target: ContainerTarget) -> Iterator[Counter[str]]:
    """Ask a service RATE times a second while the block runs; yields how often each version answered, or failed."""
    seen: Counter[str] = Counter()
    ended, begun = threading.Event(), time.monotonic()

    def ask(number: int) -> None:
        # A connection that the service says it closes is opened again by itself.
        connection = http.client.HTTPConnection("127.0.0.1", target.settings.port, timeout=10)
        for count in itertools.count():
            if ended.wait(
                max(0.0, begun + (count + number / CONNECTIONS) * CONNECTIONS / RATE - time.monotonic())
            ):
                return
            try:
                connection.request("GET", "/predict")
                answer = connection.getresponse()
                body = json.loads(answer.read())
                seen[
                    str(body["champion"]["version"]) if answer.status == 200 else f"failed: {answer.status}"
                ] += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                seen[f"failed: {error!r}"] += 1
                connection.close()

    asking = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(CONNECTIONS)]
    for each in asking:
        each.start()
    try:
        yield seen
    finally:
        ended.set()
        for each in asking:
            each.join(timeout=15)


def test_no_request_fails_while_one_container_takes_the_place_of_another(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    make_containers().apply(of(1), bundles)
    with asked(make_containers()) as seen:
        begun = time.monotonic()
        make_containers().apply(of(2), bundles)
        took = time.monotonic() - begun
    assert set(seen) == {"1", "2"}, seen
    assert sum(seen.values()) > RATE * took * 0.8
    assert took < UNDER_S
    assert len(left(make_containers())) == 1


def test_an_image_that_is_nowhere_changes_nothing(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    make_containers().apply(of(1), bundles)
    missing = f"127.0.0.1:9/acme/loans@sha256:{'0' * 64}"
    with pytest.raises(ApplyError) as refused:
        make_containers().apply(of(2).model_copy(update={"image": missing}), bundles)
    assert refused.value.value == missing
    assert make_containers().observe() == of(1)


def test_a_desired_state_without_an_image_is_refused(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    with pytest.raises(PolicyError) as refused:
        make_containers().apply(of(1).model_copy(update={"image": ""}), bundles)
    assert "deployments/production.yaml" in refused.value.next_step


def test_a_container_that_ends_is_removed_and_the_old_one_serves_on(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    make_containers().apply(of(1), bundles)
    with pytest.raises(ApplyError, match="the model does not load") as refused:
        make_containers().apply(of(REFUSED), bundles)
    assert "version 1 serves as before" in refused.value.what
    assert make_containers().observe() == of(1)
    assert make_containers().upkeep() == ()
    assert len(left(make_containers())) == 1


def killed_in(owner: type, step: str, act: Callable[[], object]) -> None:
    """Do something in a process of its own, which is killed where it would take a step."""
    child = os.fork()
    if not child:
        setattr(owner, step, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        with suppress(BaseException):
            act()
        os._exit(0)
    _, how = os.waitpid(child, 0)
    assert os.WIFSIGNALED(how)


@pytest.mark.parametrize(
    ("owner", "step", "serves", "away"),
    [
        (Proxy, "lead_to", 1, False),
        (Proxy, "_load", 1, True),
        (Proxy, "drained", 2, False),
    ],
)
def test_an_apply_that_was_killed_says_what_serves_and_is_repeated(
    make_containers: MakeContainers,
    of: MakeRelease,
    bundles: BundleStore,
    ssh_host: str,
    tmp_path: Path,
    owner: type,
    step: str,
    serves: int,
    away: bool,
) -> None:
    place = {"host": ssh_host, "folder": str(tmp_path / "there")} if away else {}

    def target() -> ContainerTarget:
        return make_containers(**place)

    target().apply(of(1), bundles)
    killed_in(owner, step, lambda: target().apply(of(2), bundles))
    assert target().observe() == of(serves)
    assert answer(target()) == serves
    target().apply(of(2), bundles)
    assert target().observe() == of(2)
    assert target().upkeep() == ()
    assert len(left(target())) == 1


def test_of_two_at_once_the_second_is_refused(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    first = make_containers()
    with (
        first.machine.alone(f"{first.folder}/lock", "An apply"),
        pytest.raises(UnavailableError, match="at work"),
    ):
        make_containers().apply(of(1), bundles)
    make_containers().apply(of(1), bundles)
    assert make_containers().observe() == of(1)


def test_what_was_changed_by_hand_is_said_and_mended(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    make_containers().apply(of(1), bundles)
    target = make_containers()
    (name,) = left(target)
    config = Path(target.proxy.config)
    config.write_text(config.read_text().replace("retries 3", "retries 0"))
    assert [step.kind for step in make_containers().upkeep()] == ["restart"]
    target.containers.tell("rm", "--force", name)
    assert make_containers().observe() is None
    assert make_containers().assigned() == of(1)
    assert not make_containers().check().ready
    assert name in make_containers().check().text
    make_containers().apply(of(1), bundles)
    assert make_containers().observe() == of(1)
    assert make_containers().upkeep() == ()


def test_a_port_that_another_program_has_is_named(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ApplyError, match=str(port)):
            make_containers(port=port).apply(of(1), bundles)
        assert left(make_containers()) == []
        assert make_containers(port=port).assigned() is None


def test_nobody_listens_beyond_the_machine_without_tls_and_keys(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    with pytest.raises(PolicyError):
        make_containers(listen="0.0.0.0").apply(of(1), bundles)
    with pytest.raises(PolicyError, match="certificate"):
        make_containers(access=Access(tls="own", callers="keys").model_dump())


def test_the_proxy_ends_tls_with_the_machines_certificate(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore, tmp_path: Path
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl makes a certificate here")
    pem = tmp_path / "machine.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-days", "2", "-subj", "/CN=production.test", "-keyout", f"{pem}.key", "-out", str(pem)]
    subprocess.run(words, check=True, capture_output=True)
    access = Access(tls="own", callers="keys").model_dump()
    target = make_containers(listen="0.0.0.0", certificate=str(pem), access=access)
    target.apply(of(1), bundles)
    assert target.observe() == of(1)
    assert target.address().startswith("https://")
    assert target.upkeep() == ()


def test_a_machine_over_ssh_is_served_like_this_one(
    make_containers: MakeContainers, ssh_host: str, of: MakeRelease, bundles: BundleStore, tmp_path: Path
) -> None:
    def there() -> ContainerTarget:
        return make_containers(host=ssh_host, folder=str(tmp_path / "there"))

    there().apply(of(1), bundles)
    assert there().observe() == there().assigned() == of(1)
    with asked(there()) as seen:
        there().apply(of(2), bundles)
    assert set(seen) == {"1", "2"}, seen
    assert there().upkeep() == ()
    assert there().check().ready
    assert there().logs().is_file()
    assert (tmp_path / "there/start").is_file()
    assert there().stop()
    assert there().observe() is None
    assert left(there()) == []


def ends_as_by_a_reboot(target: ContainerTarget) -> None:
    """Kill the proxy with all its processes, and the container; their files stay."""
    main = psutil.Process(int(Path(target.proxy.pid).read_text().split()[0]))
    (name,) = left(target)
    doomed = [*main.children(recursive=True), main]
    target.containers.tell("kill", name)
    for each in doomed:
        each.kill()
    psutil.wait_procs(doomed, timeout=10)
    with pytest.raises(httpx.HTTPError):
        answer(target)


def test_after_a_reboot_the_unit_starts_what_was_deployed_last(
    make_containers: MakeContainers, of: MakeRelease, bundles: BundleStore
) -> None:
    for version in (1, 2):
        make_containers().apply(of(version), bundles)
    target = make_containers()
    unit = target.unit(target.environment).text(system=True)
    said = {line.partition("=")[0]: line.partition("=")[2] for line in unit.splitlines() if "=" in line}
    ends_as_by_a_reboot(target)
    # What systemd gives a service, and the settings of the tests' engine.
    given = {
        name: value for name, value in os.environ.items() if name.startswith(("CONTAINERS_", "DOCKER_HOST"))
    }
    given["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    subprocess.run(
        shlex.split(said["ExecStart"]), env=given, cwd="/", check=True, capture_output=True, timeout=120
    )
    assert wait_for(lambda: make_containers().check().ready or None, patience=30)
    assert answer(target) == 2
    assert make_containers().observe() == of(2)
    assert make_containers().upkeep() == ()
    # Of the process in PIDFile systemd knows that the service lives, and ExecReload and a deployment reach it there.
    assert psutil.Process(int(Path(said["PIDFile"]).read_text().split()[0])).name() == "haproxy"
    make_containers().apply(of(1), bundles)
    assert answer(target) == 1


SECRET = "a-secret-of-the-store"


def words_of_all_processes() -> str:
    """Return what every process of this machine was started with."""
    return " ".join(word for each in psutil.process_iter(["cmdline"]) for word in each.info["cmdline"] or ())


def test_the_keys_of_a_store_reach_the_service_and_nobody_else(
    make_containers: MakeContainers, ssh_host: str, of: MakeRelease, bundles: BundleStore, tmp_path: Path
) -> None:
    def there() -> ContainerTarget:
        return make_containers(host=ssh_host, folder=str(tmp_path / "there"))

    own = tmp_path / "secrets/production.variables"
    own.parent.mkdir()
    own.write_text(f"AWS_SECRET_ACCESS_KEY={SECRET}\n")
    there().apply(of(1), bundles)
    (name,) = left(there())
    engine = there().containers
    read = ("python", "-c", f"print(open({VARIABLES_THERE!r}).read())")
    assert SECRET in (engine.tell("exec", name, *read) or "")
    assert engine.tell("exec", "--user", "12345:12345", name, *read) is None
    assert SECRET not in (engine.tell("inspect", name) or "")
    assert SECRET not in words_of_all_processes()
    assert SECRET not in there().seen().config
    assert there().upkeep() == ()
    own.write_text("AWS_SECRET_ACCESS_KEY=another\n")
    assert "variables" in there().upkeep()[0].text
    own.unlink()  # another machine deploys, which knows none: the machine's own stay
    assert there().upkeep() == ()
    own.write_text("no line of variables\n")
    with pytest.raises(StorageError, match="line 1") as refused:
        there().apply(of(2), bundles)
    assert "no line" not in str(refused.value)
    assert there().observe() == of(1)


def test_a_key_that_may_ask_what_serves_may_do_nothing_else(
    make_containers: MakeContainers,
    ssh_machine: SshMachine,
    of: MakeRelease,
    bundles: BundleStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def there() -> ContainerTarget:
        return make_containers(
            host=ssh_machine.host, host_key=ssh_machine.host_key, folder=str(tmp_path / "there")
        )

    there().apply(of(1), bundles)
    private, public = ssh_machine.new_key(tmp_path.name)
    target = there()
    ssh_machine.admit(line_of_key(public, target.folder, target.proxy.asked_at, target.settings.port))
    monkeypatch.setenv("TRUNKLINE_SSH_KEY", private)
    assert there().observe() == there().assigned() == of(1)
    assert there().upkeep() == ()
    assert there().check().ready
    for refused in ("id -u", "cat /etc/passwd", ": trunkline statu; id -u", ""):
        assert there().machine.ask(refused) is None
    with pytest.raises(ApplyError, match="only ask"):
        there().apply(of(2), bundles)
    elsewhere = there().containers.machine
    with elsewhere.reach(there().seen().port) as place, pytest.raises(httpx.HTTPError):
        httpx.get(f"http://{place}/ready", timeout=2, trust_env=False)
    monkeypatch.undo()
    assert there().observe() == of(1)


def test_a_machine_is_known_by_the_key_that_main_names(
    ssh_machine: SshMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Machine(ssh_machine.host, ssh_machine.host_key).ask("echo there") == "there"
    other = " ".join(ssh_machine.new_key("impostor")[1].split()[:2])
    with pytest.raises(UnavailableError, match=r"[Hh]ost key"):
        Machine(ssh_machine.host, other).ask("echo there")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(UnavailableError) as refused:
        Machine(ssh_machine.host).ask("echo there")
    assert "host_key" in refused.value.next_step


def test_a_key_that_has_expired_leaves_what_serves(
    make_containers: MakeContainers,
    ssh_machine: SshMachine,
    of: MakeRelease,
    bundles: BundleStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = {"host": ssh_machine.host, "folder": str(tmp_path / "there")}
    make_containers(**place).apply(of(1), bundles)
    private, public = ssh_machine.new_key(tmp_path.name)
    ssh_machine.admit(f'expiry-time="20200101" {public}')
    with monkeypatch.context() as patch:
        patch.setenv("TRUNKLINE_SSH_KEY", private)
        with pytest.raises(UnavailableError, match="Permission denied"):
            make_containers(**place).apply(of(2), bundles)
    assert make_containers(**place).observe() == of(1)


def test_a_machine_that_cannot_be_reached_is_named_with_what_shows_why(
    make_containers: MakeContainers,
    ssh_host: str,
    of: MakeRelease,
    bundles: BundleStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = make_containers()
    monkeypatch.setattr(target, "machine", Machine("deploy@nowhere.invalid"))
    with pytest.raises(UnavailableError, match=r"nowhere\.invalid") as refused:
        target.apply(of(1), bundles)
    monkeypatch.undo()
    assert "ssh -o BatchMode=yes deploy@nowhere.invalid true" in refused.value.next_step
    assert Machine(ssh_host).ask("echo there") == "there"
