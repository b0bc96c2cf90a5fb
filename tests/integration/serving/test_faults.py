"""What can go wrong around the process: kills, full disks, taken ports, changed files."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from trunkline.predictions.reader import LogReader

ROW = {"arrest_id": 1, "age": 23, "employed": "Yes", "checks": 2}


def ends(live: Any, *options: str) -> tuple[int, list[dict[str, Any]]]:
    """Run the service that is expected not to start; return its exit code and its log."""
    done = subprocess.run(
        [sys.executable, "-m", "trunkline.serving", str(live.folder), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, [json.loads(line) for line in done.stderr.splitlines()]


def test_a_killed_service_loses_no_answer_that_it_gave(live: Any, start: Callable[..., Any]) -> None:
    live.add(1)
    live.release(1)
    service = start(live)
    acknowledged: list[str] = []
    enough = threading.Event()

    def send() -> None:
        with httpx.Client(base_url=service.url) as client:
            while True:
                try:
                    answer = client.post("/predict", json=ROW)
                except httpx.HTTPError:
                    return
                acknowledged.append(answer.json()["id"])
                if len(acknowledged) >= 300:
                    enough.set()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    assert enough.wait(timeout=60)
    service.stop(signal.SIGKILL)
    for sender in senders:
        sender.join(timeout=30)
    logged = {line["id"] for line in live.lines()}
    assert len(acknowledged) >= 300
    assert set(acknowledged) <= logged


def test_a_full_disk_withholds_the_answer_and_leaves_no_torn_line(
    live: Any, start: Callable[..., Any]
) -> None:
    live.add(1)
    live.release(1)
    # A limit on the size of files stands in for a disk that is full; the unit of `ulimit -f` is 512 bytes.
    service = start(live, prefix=("sh", "-c", 'ulimit -f 8; exec "$@"', "sh"))
    statuses = []
    given = []
    for _ in range(20):
        answer = service.client.post("/predict", json=ROW)
        statuses.append(answer.status_code)
        if answer.status_code == 200:
            given.append(answer.json()["id"])
    assert set(statuses) == {200, 503}
    assert statuses == sorted(statuses)
    assert "not given" in answer.json()["error"]
    assert service.stop() == 0
    (path,) = live.logs.glob("*.jsonl")
    assert path.read_bytes().endswith(b"\n")
    assert [line["id"] for line in live.lines()] == given
    assert any(event["event"] == "answer withheld" for event in service.log)


def test_where_it_is_told_to_a_full_disk_gives_the_answer_and_counts_it(
    live: Any, start: Callable[..., Any]
) -> None:
    live.add(1)
    live.release(1)
    service = start(live, "--answer-unlogged", prefix=("sh", "-c", 'ulimit -f 8; exec "$@"', "sh"))
    given = [service.predict()["id"] for _ in range(20)]
    unlogged = service.client.get("/ready").json()["log"]["unlogged"]
    assert 0 < unlogged < len(given)
    assert f"trunkline_log_unlogged_total {unlogged:.1f}" in service.client.get("/metrics").text
    assert [line["id"] for line in live.lines()] == given[: len(given) - unlogged]


def test_a_log_is_shipped_at_the_end_and_handed_out_to_the_holder_of_its_token(
    live: Any, start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_LOG_TOKEN_SHA256", sha256(b"token").hexdigest())
    live.add(1)
    live.release(1)
    service = start(live, "--log-store", f"file://{tmp_path}/store/{{environment}}")
    given = [service.predict()["id"] for _ in range(3)]
    assert service.client.get("/ready").json()["log"]["unshipped"]["records"] == 3
    assert "trunkline_log_unshipped_records 3.0" in service.client.get("/metrics").text
    assert service.client.get("/log").status_code == 401
    listed = service.client.get("/log", headers={"authorization": "Bearer token"}).json()["files"]
    assert [row["name"] for row in listed] == [path.name for path in live.logs.glob("*.jsonl")]
    assert service.stop() == 0
    shipped = LogReader(tmp_path / "store" / "production").between()
    assert [row.id for row in shipped.predictions] == given


def test_a_request_under_way_is_answered_after_sigterm(live: Any, start: Callable[..., Any]) -> None:
    live.add(1)
    live.release(1)
    service = start(live)
    body = json.dumps(ROW).encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as slow:
        head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        slow.sendall(head + body[:10])
        # An answered request says that the service has read what came before.
        service.predict()
        service.process.send_signal(signal.SIGTERM)
        while True:
            try:
                socket.create_connection(("127.0.0.1", service.port), timeout=30).close()
            except (ConnectionRefusedError, ConnectionResetError):
                # Reset: the door was closed between the knock and the answer.
                break
        slow.sendall(body[10:])
        answer = slow.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200")
    assert service.process.wait(timeout=30) == 0
    assert len(live.lines()) == 2


def test_a_tampered_bundle_is_refused_with_one_line(live: Any) -> None:
    bundle = live.add(1)
    live.release(1)
    content = bytearray(bundle.model_file.read_bytes())
    content[-1] ^= 1
    bundle.model_file.write_bytes(content)
    code, log = ends(live, "--port", "0")
    assert code == 20
    (line,) = log
    assert "model.onnx does not have its checksum" in line["event"]


def test_a_bundle_in_the_folder_of_another_is_refused(live: Any) -> None:
    first, second = live.add(1), live.add(2, bias=1.0)
    live.release(1)
    first.folder.rename(live.folder / "away")
    second.folder.rename(first.folder)
    code, log = ends(live, "--port", "0")
    assert code == 20
    assert "not" in log[-1]["event"]


def test_a_model_that_wants_what_the_contract_has_not_is_refused(live: Any) -> None:
    live.add(1, wanted="height")
    live.release(1)
    code, log = ends(live, "--port", "0")
    assert code == 20
    assert "wants height, which is no feature" in log[-1]["event"]


def test_a_taken_port_ends_the_start_with_one_line(live: Any) -> None:
    live.add(1)
    live.release(1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, log = ends(live, "--port", str(port))
    assert code == 30
    (line,) = log
    assert f"port {port} is taken" in line["event"]
    assert line["next"]


def test_a_log_folder_that_cannot_be_written_ends_the_start(live: Any, tmp_path: Path) -> None:
    live.add(1)
    live.release(1)
    file = tmp_path / "file"
    file.touch()
    code, log = ends(live, "--port", "0", "--log-folder", str(file / "log"))
    assert code == 31
    (line,) = log
    assert "Cannot write the prediction log" in line["event"]


@pytest.mark.parametrize("content", [None, "{", '{"schema": "trunkline/release/1"}', '{"schema": "other/1"}'])
def test_an_unreadable_release_ends_the_start(live: Any, content: str | None) -> None:
    if content is not None:
        (live.folder / "release.json").write_text(content)
    code, log = ends(live, "--port", "0")
    assert code == 31
    assert "release.json" in log[-1]["event"]


def test_without_a_log_folder_the_log_lies_where_the_project_keeps_it(tmp_path: Path, start: Any) -> None:
    # The fixture passes --log-folder always, so the rule itself is asked.
    from trunkline.serving.__main__ import _log_folder

    work = tmp_path / ".trunkline"
    assert _log_folder(work / "live" / "staging") == work / "predictions" / "staging"
    assert _log_folder(tmp_path / "elsewhere") == tmp_path / "elsewhere" / "predictions"
