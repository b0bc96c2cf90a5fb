"""A version in MLflow as a model that was trained elsewhere, from a server that lies."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from trunkline.core.errors import StorageError, TrunklineError
from trunkline.core.record import file_sha256
from trunkline.registry import fetch_version
from trunkline.training import Files, Trained

ASKED = "models:/net/1"
KNOWN: dict[str, Any] = {"registered-models/get": {"registered_model": {"name": "net"}}}


@contextmanager
def serving(answers: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Serve answers by the end of a path; yield the address, and the authorizations that came."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("authorization", ""))
            found = next((answers[end] for end in answers if self.path.partition("?")[0].endswith(end)), None)
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(found if isinstance(found, bytes) else json.dumps(found or {}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "secret")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")


def files(tmp_path: Path, uri: str) -> Files:
    return Files(tmp_path / "package", tmp_path / "cache", partial(fetch_version, uri))


def trained(digest: str = "sha256:" + "0" * 64) -> Trained:
    return Trained(ASKED, digest=digest)


def test_a_version_that_leads_to_another_server_gets_no_login(tmp_path: Path) -> None:
    with serving({"/artifacts": {"files": []}}) as (elsewhere, seen):
        source = f"{elsewhere}/api/2.0/mlflow-artifacts/artifacts/net"
        with (
            serving(KNOWN | {"get-download-uri": {"artifact_uri": source}}) as (registry, _),
            pytest.raises(StorageError, match="not asked for there"),
        ):
            files(tmp_path, registry).path(trained())
    assert seen == []


def test_a_servers_version_that_leads_into_this_machine_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "MLmodel").write_text("flavors: {onnx: {data: secret}}\n")
    (tmp_path / "own" / "secret").write_bytes(b"\x08 secret")
    source = (tmp_path / "own").as_uri()
    with (
        serving(KNOWN | {"get-download-uri": {"artifact_uri": source}}) as (registry, _),
        pytest.raises(StorageError, match="not asked for there"),
    ):
        files(tmp_path, registry).path(trained(file_sha256(tmp_path / "own" / "secret")))


@pytest.mark.parametrize(
    "said",
    [
        b"flavors: {onnx: {data: ../../../own.onnx}}\n",
        b"flavors: {onnx: {data: [model.onnx]}}\n",
        b"flavors: [onnx]\n",
        b"flavors: !!python/object/apply:os.system [touch ran]\n",
        b"- 1\n",
        b"\xff",
    ],
)
def test_what_a_server_says_of_a_version_names_no_file_beyond_it_and_is_no_traceback(
    tmp_path: Path, said: bytes
) -> None:
    (tmp_path / "own.onnx").write_bytes(b"\x08 of this machine")
    answers = KNOWN | {"/net/MLmodel": said}
    with serving(answers) as (registry, _):
        answers["get-download-uri"] = {"artifact_uri": f"{registry}/api/2.0/mlflow-artifacts/artifacts/net"}
        answers["/api/2.0/mlflow-artifacts/artifacts"] = {
            "files": [{"path": "MLmodel", "is_dir": False, "file_size": len(said)}]
        }
        with pytest.raises(TrunklineError) as refused:
            files(tmp_path, registry).path(trained(file_sha256(tmp_path / "own.onnx")))
    assert refused.value.next_step.startswith("log")
    assert (tmp_path / "own.onnx").is_file()
    assert not (tmp_path / "ran").exists()
