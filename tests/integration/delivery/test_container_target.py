"""Containers behind a real proxy, here and over SSH: no request is lost, and every fault leaves old or new."""

from __future__ import annotations

import http.client
import itertools
import json
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, PolicyError, UnavailableError
from trunkline.core.policy.access import Access
from trunkline.core.release import Release
from trunkline.delivery.targets.container_target import ContainerTarget
from trunkline.delivery.targets.machine import Machine
from trunkline.delivery.targets.proxy import Proxy

from .conftest import MakeContainers, MakeRoute, single
from .fake_service import REFUSED

MakeRelease = Callable[[int], Release]
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


@pytest.mark.parametrize("step", ["lead_to", "_load"])
def test_an_apply_that_was_killed_is_repeated(
    make_containers: MakeContainers,
    of: MakeRelease,
    bundles: BundleStore,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    make_containers().apply(of(1), bundles)
    with monkeypatch.context() as patch:
        patch.setattr(Proxy, step, killed)
        with pytest.raises(KeyboardInterrupt):
            make_containers().apply(of(2), bundles)
    assert len(left(make_containers())) == 2
    assert make_containers().observe() == of(1)
    make_containers().apply(of(2), bundles)
    assert make_containers().observe() == of(2)
    assert make_containers().upkeep() == ()
    assert len(left(make_containers())) == 1


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
