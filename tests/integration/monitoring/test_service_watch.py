"""A service over real HTTP, its process, and the log that it writes."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.monitors.infrastructure import InfrastructureMonitor
from trunkline.core.policy.monitors.log import LogMonitor
from trunkline.core.signals import Signal
from trunkline.monitoring import Evidence
from trunkline.monitoring.infrastructure import Infrastructure
from trunkline.monitoring.log import Log
from trunkline.monitoring.signals import signal_of

NOW = datetime(2026, 2, 1, tzinfo=UTC)
CONTRACT = Contract(
    name="x", columns=(Column(name="x", type="number"), Column(name="y", type="number", role=Role.OUTCOME))
)


@contextmanager
def _service(answer: dict[str, Any] | None) -> Iterator[str]:
    """A service that gives this answer, or holds its callers until the end."""
    held = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if answer is None:
                held.wait(10)
                return
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        held.set()
        server.shutdown()
        server.server_close()


def _watch(probe: str = "", pid: int = 0, create_time: float = 0.0) -> Signal:
    evidence = Evidence("production", NOW, CONTRACT, address=probe, pid=pid, created=create_time)
    return signal_of("infrastructure", Infrastructure(InfrastructureMonitor(probe_timeout_s=0.2)), evidence)


def test_a_living_service_that_is_ready_is_well_and_its_latency_not_judged_without_answers() -> None:
    me = psutil.Process()
    with _service({"ready": True, "failed": None}) as probe:
        signal = _watch(probe, me.pid, me.create_time())
    assert (signal.state, signal.severity, signal.unjudged) == ("inconclusive", "info", ("latency",))
    assert signal.recovered
    assert "is ready" in signal.summary


def test_a_service_that_hangs_is_critical_after_the_timeout() -> None:
    with _service(None) as probe:
        signal = _watch(probe)
    assert (signal.state, signal.severity) == ("alarm", "critical")
    assert "did not answer within 0.2 s" in signal.summary


def test_a_port_where_nothing_listens_is_critical() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        signal = _watch(f"http://127.0.0.1:{free.getsockname()[1]}")
    assert signal.severity == "critical"
    assert "ConnectError" in signal.summary


def test_a_process_that_ended_is_critical_even_if_another_has_its_number() -> None:
    signal = _watch(pid=os.getpid(), create_time=psutil.Process().create_time() - 3600)
    assert (signal.state, signal.severity) == ("alarm", "critical")
    assert f"process {os.getpid()} is no longer there" in signal.summary
    assert _watch(pid=os.getpid()).recovered


def _log(path: Path, *lines: str | dict[str, Any]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def _line(minute: int, level: str, event: str, **more: Any) -> dict[str, Any]:
    return {"time": f"2026-01-01T00:{minute:02}:00.000+00:00", "level": level, "event": event} | more


def _read(path: Path, since: datetime | None = None, errors: int = 0, **more: Any) -> Signal:
    created = since.timestamp() if since else 0.0
    evidence = Evidence("production", NOW, CONTRACT, log=path, created=created)
    return signal_of("log", Log(LogMonitor(errors=errors), **more), evidence)


def test_a_log_without_errors_is_quiet(tmp_path: Path) -> None:
    signal = _read(_log(tmp_path / "service.log", _line(0, "info", "started"), _line(1, "warning", "slow")))
    assert (signal.state, signal.rows, signal.fingerprint) == ("quiet", 2, "production/log")


def test_a_log_that_is_not_there_is_inconclusive(tmp_path: Path) -> None:
    assert _read(tmp_path / "service.log").state == "inconclusive"


def test_errors_are_grouped_by_event_and_show_neither_inputs_nor_secrets(tmp_path: Path) -> None:
    path = _log(
        tmp_path / "service.log",
        _line(0, "info", "started"),
        *(
            _line(
                n,
                "error",
                f"model failed on row {n}",
                error="ValueError",
                place="runtime.py:12",
                inputs={"age": 4711},
            )
            for n in range(1, 4)
        ),
        _line(5, "error", "cannot log", token="hunter2", exception="Traceback\n  x\nOSError: /home/ann full"),
    )
    signal = _read(path)
    assert (signal.state, signal.severity) == ("alarm", "warning")
    assert [(one.subject, one.value) for one in signal.findings] == [
        ("model failed on row #", 3),
        ("cannot log", 1),
    ]
    assert "ValueError at runtime.py:12" in signal.findings[0].detail
    assert "e.g. OSError" in signal.findings[1].detail
    assert "last 2026-01-01T00:05" in signal.findings[1].detail
    told = signal.model_dump_json()
    assert not [secret for secret in ("4711", "hunter2", "/home") if secret in told]


def test_errors_up_to_the_tolerated_number_are_quiet(tmp_path: Path) -> None:
    path = _log(tmp_path / "service.log", _line(0, "error", "a"), _line(1, "error", "b"))
    assert _read(path, errors=2).state == "quiet"
    assert _read(path, errors=1).state == "alarm"


def test_a_critical_line_is_critical(tmp_path: Path) -> None:
    assert _read(_log(tmp_path / "service.log", _line(0, "critical", "disk full"))).severity == "critical"


def test_errors_before_the_service_started_are_past(tmp_path: Path) -> None:
    path = _log(
        tmp_path / "service.log", _line(0, "error", "old"), "Traceback (most recent call last):", "X: old"
    )
    assert _read(path).findings[0].value == 1
    since = _read(path, since=datetime(2026, 1, 1, 0, 30, tzinfo=UTC))
    assert (since.state, since.rows) == ("inconclusive", 0)


def test_only_the_newest_lines_are_read(tmp_path: Path) -> None:
    path = _log(
        tmp_path / "service.log", _line(0, "error", "old"), _line(1, "info", "a"), _line(2, "info", "b")
    )
    assert _read(path, lines=2).state == "quiet"


@pytest.mark.parametrize("end", [["ModuleNotFoundError: No module named 'x'"], ["KeyboardInterrupt"]])
def test_a_traceback_outside_json_is_an_error_told_by_its_type(tmp_path: Path, end: list[str]) -> None:
    lines = ["Traceback (most recent call last):", '  File "main.py", line 1, in <module>', "    secret()"]
    signal = _read(_log(tmp_path / "service.log", "INFO: starting", *lines, *end))
    (finding,) = signal.findings
    assert (finding.subject, finding.value) == ("uncaught exception", 1)
    assert end[0].split(":")[0] in finding.detail
    assert "secret" not in finding.detail
