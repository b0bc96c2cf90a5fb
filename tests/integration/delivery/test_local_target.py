from __future__ import annotations

import os
import re
import signal
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import pytest

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, BundleError, UnavailableError
from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Route
from trunkline.delivery import LocalTarget
from trunkline.delivery.targets.service import Service

from .conftest import MakeRoute, MakeTarget, single

GUARDED = Access(tls="platform", callers="keys")


def service_of(target: LocalTarget) -> Service:
    return Service.read(target.folder / "service.json")


def end(service: Service) -> None:
    """Kill a service as the kernel would, and wait until it is gone."""
    process = psutil.Process(service.pid)
    process.kill()
    process.wait(10)


def test_a_first_release_starts_a_process_of_its_own_session(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    assert target.observe() is None
    assert target.check().text == "not running"
    release = single(route(1), "c1")
    target.apply(release, bundles)
    assert target.observe() == release
    assert target.check().ready
    assert httpx.get(target.address() + "/ready").json()["revision"] == "c1"
    pid = service_of(target).pid
    assert os.getsid(pid) == pid != os.getsid(0)


def test_another_release_is_swapped_in_by_the_same_process(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    target.apply(single(route(1), "c1"), bundles)
    pid = service_of(target).pid
    silent = single(route(1), "c2", strategy="silent", challenger=route(2), salt="s")
    target.apply(silent, bundles)
    assert target.observe() == silent
    assert service_of(target).pid == pid


def test_another_salt_at_the_same_commit_is_loaded_too(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    target.apply(single(route(1), "c1"), bundles)
    loaded = httpx.get(target.address() + "/ready").json()["loaded_at"]
    target.apply(single(route(1), "c1", salt="other"), bundles)
    assert httpx.get(target.address() + "/ready").json()["loaded_at"] != loaded


def test_a_release_that_does_not_load_leaves_the_old_one_serving(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    pid = service_of(target).pid
    for _ in range(2):
        with pytest.raises(ApplyError, match=r"does not load; version 1 serves as before") as caught:
            target.apply(single(route(60), "c2"), bundles)
        assert "service.log" in caught.value.next_step
        assert target.observe() == release
        assert service_of(target).pid == pid
    assert target.check().text == "ready"


def test_a_release_that_kills_the_process_is_undone_by_a_new_process(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    before = service_of(target)
    with pytest.raises(ApplyError, match=r"out of memory.*version 1 serves as before"):
        target.apply(single(route(70), "c2"), bundles)
    assert target.observe() == release
    assert service_of(target).pid != before.pid
    assert service_of(target).port == before.port


def test_a_release_that_is_never_ready_is_undone_when_patience_ends(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target(patience=0.5)
    release = single(route(1), "c1")
    make_target().apply(release, bundles)
    with pytest.raises(ApplyError, match=r"within 0\.5 s.*version 1 serves as before"):
        target.apply(single(route(80), "c2"), bundles)
    assert target.observe() == release


def test_a_service_that_dies_while_starting_quotes_its_log_and_leaves_nothing(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    with pytest.raises(
        ApplyError, match=r"the model does not load.*nothing served before, and nothing does now"
    ):
        target.apply(single(route(60), "c1"), bundles)
    assert target.observe() is None
    assert target.assigned() is None
    assert not (target.folder / "release.json").exists()


def test_only_the_log_of_this_start_is_quoted(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    target.folder.mkdir(parents=True)
    target.logs().write_text("an old story\n")
    with pytest.raises(ApplyError) as caught:
        target.apply(single(route(60), "c1"), bundles)
    assert "an old story" not in str(caught.value)


def test_a_taken_port_is_named_with_the_process_that_has_it_and_nothing_changes(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        target = make_target(port=port)
        with pytest.raises(UnavailableError, match=rf"Port {port} .*process {os.getpid()}"):
            target.apply(single(route(1), "c1"), bundles)
        assert not (target.folder / "release.json").exists()


def test_moving_to_a_taken_port_leaves_the_service_where_it_is(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        moved = make_target(port=holder.getsockname()[1])
        with pytest.raises(UnavailableError):
            moved.apply(single(route(2), "c2"), bundles)
    assert target.observe() == release


def test_another_port_another_option_or_another_toolkit_restarts_the_process(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    assert target.upkeep() == ()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    moved = make_target(port=port)
    (step,) = moved.upkeep()
    assert step.kind == "restart"
    assert str(port) in step.text
    moved.apply(release, bundles)
    assert moved.upkeep() == ()
    assert moved.address().endswith(f":{port}")
    safer = make_target(port=port, serving=Serving(sync_log=True))
    assert "--sync" in safer.upkeep()[0].text
    safer.apply(release, bundles)
    assert safer.upkeep() == ()
    logged = Serving(sync_log=True, log={"store": "s3://b/{environment}", "on_full": "answer_and_count"})
    tried, shipped = (make_target(port=port, serving=logged, ship=ship).options for ship in (False, True))
    assert ("--log-store" in tried, "--log-store" in shipped) == (False, True)
    assert "--answer-unlogged" in tried
    first = service_of(target).pid
    monkeypatch.setattr("trunkline.__version__", "99.0")
    assert re.search(r"Trunkline .* becomes 99\.0", safer.upkeep()[0].text)
    safer.apply(release, bundles)
    assert safer.upkeep() == ()
    assert service_of(target).pid != first
    assert safer.observe() == release


def test_a_restart_that_fails_brings_the_old_release_back_on_its_port(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    before = service_of(target)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(ApplyError, match="version 1 serves as before"):
        make_target(port=port).apply(single(route(60), "c2"), bundles)
    assert target.observe() == release
    assert service_of(target).port == before.port


def test_a_service_opens_to_the_network_on_its_own_port(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    port, first = service_of(target).port, service_of(target).pid
    for asked in (port, 0):
        opened = make_target(port=asked, host="0.0.0.0", access=GUARDED)
        with pytest.raises(ApplyError, match="version 1 serves as before"):
            opened.apply(single(route(60), "c2"), bundles)
        assert (service_of(target).host, service_of(target).port) == ("127.0.0.1", port)
        assert target.observe() == release
        opened.apply(release, bundles)
        assert (service_of(target).host, service_of(target).port) == ("0.0.0.0", port)
        assert opened.upkeep() == ()
        assert opened.observe() == release
        target.apply(release, bundles)
    assert service_of(target).pid != first


def test_a_service_does_not_open_on_a_port_that_another_program_has_elsewhere(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    before = service_of(target)
    with socket.create_server(("127.0.0.2", before.port)):
        opened = make_target(port=before.port, host="0.0.0.0", access=GUARDED)
        with pytest.raises(UnavailableError, match=rf"Port {before.port} .*process {os.getpid()}"):
            opened.apply(release, bundles)
    moved = make_target(port=before.port, host="192.0.2.1", access=GUARDED)
    with pytest.raises(UnavailableError, match="no address of this machine"):
        moved.apply(release, bundles)
    assert service_of(target) == before
    assert target.observe() == release


def test_a_killed_service_serves_nothing_is_known_to_be_missing_and_comes_back_on_its_port(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    before = service_of(target)
    end(before)
    assert target.observe() is None
    assert target.assigned() == release
    assert f"process {before.pid} died" in target.check().text
    target.apply(release, bundles)
    assert target.observe() == release
    assert target.address() == before.address


def test_a_later_process_with_the_same_pid_is_left_alone(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    target.apply(single(route(1), "c1"), bundles)
    service = service_of(target)
    end(service)
    mine = service.model_copy(update={"pid": os.getpid()})  # this test, born at another time
    mine.write(target.folder / "service.json")
    assert target.observe() is None
    assert target.stop() is False  # and this test still lives
    target.apply(single(route(1), "c2"), bundles)
    assert service_of(target).pid != os.getpid()


def test_a_service_that_ignores_the_polite_signal_is_killed(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    target.apply(single(route(90), "c1"), bundles)
    service = service_of(target)
    service.end(patience=0.2)
    assert not psutil.pid_exists(service.pid)


def test_stop_ends_it_once_and_forgets_that_it_should_run(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    target.apply(single(route(1), "c1"), bundles)
    pid = service_of(target).pid
    assert target.stop() is True
    assert not psutil.pid_exists(pid)
    assert target.stop() is False
    assert target.assigned() is None


def test_a_hung_service_is_unhealthy_and_due_for_a_restart(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    release = single(route(1), "c1")
    target.apply(release, bundles)
    pid = service_of(target).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        assert "does not answer" in target.check().text
        (step,) = target.upkeep()
        assert f"process {pid} does not answer" in step.text
    finally:
        os.kill(pid, signal.SIGCONT)


def test_an_apply_that_was_killed_before_the_signal_is_seen(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    served = single(route(1), "c1")
    target.apply(served, bundles)
    single(route(2), "c2").write(target.folder / "release.json")
    assert target.observe() == served


def test_a_tampered_bundle_is_refused_before_anything_changes(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    bad = route(2)
    (bundles.path(bad.bundle) / "model.onnx").write_bytes(b"evil")
    with pytest.raises(BundleError, match="was changed after it was sealed"):
        target.apply(single(bad, "c1"), bundles)
    assert not (target.folder / "release.json").exists()


def test_a_damaged_live_copy_is_replaced_and_the_store_is_not_needed_to_go_back(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore, tmp_path: Path
) -> None:
    target = make_target()
    one = single(route(1), "c1")
    target.apply(one, bundles)
    copy = target.folder / "bundles" / one.champion.bundle[7:] / "model.onnx"
    copy.write_bytes(b"evil")
    target.apply(single(route(1), "c2"), bundles)
    assert copy.read_bytes() == b"model 1"
    target.apply(single(route(2), "c3"), bundles)
    target.apply(one, BundleStore(tmp_path / "empty"))
    assert target.observe() == one


def test_bundles_that_nobody_can_go_back_to_are_removed(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    for number in (1, 2, 3):
        target.apply(single(route(number), f"c{number}"), bundles)
    kept = {path.name for path in (target.folder / "bundles").iterdir()}
    assert kept == {route(number).bundle[7:] for number in (2, 3)}


def test_no_request_fails_while_releases_change(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    target.apply(single(route(1), "c0"), bundles)
    seen = SimpleNamespace(revisions=set(), failures=[])
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                seen.revisions.add(httpx.get(target.address() + "/ready").json()["revision"])
            except httpx.HTTPError as error:
                seen.failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    versions: list[Route] = [route(1), route(2), route(60), route(1)]
    for number, version in enumerate(versions, start=1):
        if version.version == 60:
            with pytest.raises(ApplyError):
                target.apply(single(version, f"c{number}"), bundles)
        else:
            target.apply(single(version, f"c{number}"), bundles)
    done.set()
    asking.join(10)
    assert seen.failures == []
    assert seen.revisions <= {"c0", "c1", "c2", "c4"}
    assert len(seen.revisions) > 1
