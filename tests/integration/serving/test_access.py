"""A service that listens beyond its machine: over TLS, to callers with keys, as real processes and real HTTP."""

from __future__ import annotations

import ssl
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from certificates import self_signed
from trunkline.core.keys import Scope, add_key, new_key, revoke_key
from trunkline.core.own_service import Credentials, bearer, own_service
from trunkline.core.policy.access import Access, Limits
from trunkline.loop.life.traffic import send

from .conftest import CONTRACT, ROW

GUARDED = Access(tls="own", callers="keys")
WITHIN = retry(stop=stop_after_delay(10), wait=wait_fixed(0.1), reraise=True)
PATHS = {
    "predict": ("POST", "/predict"),
    "metrics": ("GET", "/metrics"),
    "log": ("GET", "/log"),
}


class Guarded:
    """A guarded service, and what makes keys for it."""

    def __init__(self, running: Any, client: httpx.Client, keys: Path) -> None:
        self.running, self.client, self.keys = running, client, keys

    def key(self, *scopes: Scope, **how: Any) -> str:
        made, text = new_key(scopes, datetime.now(UTC), **how)
        add_key(self.keys, made)
        return text

    def ask(self, method: str, path: str, key: str = "") -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return self.client.request(method, path, headers=headers, json=ROW if method == "POST" else None)


@pytest.fixture
def trust(tmp_path: Path) -> ssl.SSLContext:
    return self_signed(tmp_path / "service.pem", tmp_path / "service.key")


@pytest.fixture
def guarded(
    live: Any,
    start: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trust: ssl.SSLContext,
) -> Iterator[Guarded]:
    live.add(1)
    live.release(1)
    certificate, key = tmp_path / "service.pem", tmp_path / "service.key"
    monkeypatch.setenv("TRUNKLINE_TLS_CERTIFICATE", str(certificate))
    monkeypatch.setenv("TRUNKLINE_TLS_KEY", str(key))
    monkeypatch.setenv("TRUNKLINE_KEYS", str(tmp_path / "keys"))
    running = start(live, "--host", "0.0.0.0", "--access", GUARDED.model_dump_json())
    with httpx.Client(base_url=f"https://127.0.0.1:{running.port}", verify=trust) as client:
        yield Guarded(running, client, tmp_path / "keys")


@WITHIN
def until(status: int, ask: Callable[[], httpx.Response]) -> httpx.Response:
    answer = ask()
    assert answer.status_code == status
    return answer


def test_without_a_key_it_tells_that_it_lives_and_nothing_else(guarded: Guarded) -> None:
    for method, path in (
        *PATHS.values(),
        ("POST", "/predict/batch"),
        ("POST", "/feedback"),
        ("GET", "/log/compacted.json"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/nowhere"),
    ):
        for key in ("", "trunkline_00000000_" + "0" * 64):
            refused = guarded.ask(method, path, key)
            assert (path, refused.status_code) == (path, 401)
            assert refused.headers["www-authenticate"] == "Bearer"
    assert guarded.ask("GET", "/health").json() == {"healthy": True}
    assert guarded.ask("GET", "/ready").json() == {"ready": True}
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"http://127.0.0.1:{guarded.running.port}/health")


def test_each_key_opens_its_own_paths_until_it_is_revoked_or_expires(guarded: Guarded) -> None:
    keys = {scope: guarded.key(scope) for scope in ("predict", "metrics", "log")}
    until(200, lambda: guarded.ask(*PATHS["log"], keys["log"]))
    for scope, (method, path) in PATHS.items():
        for of, key in keys.items():
            assert guarded.ask(method, path, key).status_code == (200 if of == scope else 403)
    text = guarded.ask(*PATHS["metrics"], keys["metrics"]).text
    assert 'trunkline_refused_callers_total{reason="scope",scope="log"} 2.0' in text
    assert guarded.ask("GET", "/ready", keys["predict"]).json() == {"ready": True}
    revoke_key(guarded.keys, keys["predict"].split("_")[1])
    until(401, lambda: guarded.ask(*PATHS["predict"], keys["predict"]))
    late = guarded.key("predict", expires=datetime.now(UTC) - timedelta(seconds=1))
    assert guarded.ask(*PATHS["predict"], late).status_code == 401
    guarded.running.stop()
    assert not [key for key in keys.values() if key in str(guarded.running.log)]


def test_a_key_is_held_to_its_own_limits(guarded: Guarded) -> None:
    key = guarded.key("predict", limits=Limits(rate=0.01, burst=2, largest_body=200))
    until(200, lambda: guarded.ask(*PATHS["predict"], key))
    headers = {"authorization": f"Bearer {key}"}
    large = guarded.client.post("/predict", headers=headers, json=ROW | {"more": "x" * 200})
    assert large.status_code == 413
    refused = guarded.ask(*PATHS["predict"], key)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 100


def test_who_owns_its_folder_is_told_what_serves(guarded: Guarded) -> None:
    folder = guarded.running.live.folder
    own = own_service(folder)
    assert stat.S_IMODE((folder / "status.key").stat().st_mode) == 0o600
    url = f"https://localhost:{guarded.running.port}/ready"
    told = httpx.get(url, headers=own.headers, verify=own.verify).json()
    assert told["revision"] == "r1"


def test_a_renewed_certificate_is_taken_without_a_restart(guarded: Guarded, tmp_path: Path) -> None:
    trust = self_signed(tmp_path / "service.pem", tmp_path / "service.key")

    @WITHIN
    def renewed() -> int:
        with httpx.Client(verify=trust) as client:
            return client.get(f"https://127.0.0.1:{guarded.running.port}/health").status_code

    assert renewed() == 200


def test_our_own_sender_hands_over_a_key(guarded: Guarded, trust: ssl.SSLContext) -> None:
    key = guarded.key("predict")
    until(200, lambda: guarded.ask(*PATHS["predict"], key))
    address = str(guarded.client.base_url)
    for given, counts in ((bearer(key), (2, 0)), (bearer(""), (0, 2))):
        made = Credentials(given, trust)
        sent = send([ROW, ROW], CONTRACT, address, credentials=made, progress=lambda _: None)
        assert (sent.answered, sent.refused) == counts


@pytest.mark.parametrize(
    "access",
    ["", '{"tls":"platform"}', '{"callers":"keys"}', '{"tls":"own","callers":"keys"}', '{"tls":"best"}'],
)
def test_it_does_not_begin_to_listen_beyond_its_machine_unguarded(live: Any, access: str) -> None:
    live.add(1)
    live.release(1)
    command = [sys.executable, "-m", "trunkline.serving", str(live.folder), "--port", "0"]
    ended = subprocess.run(
        [*command, "--host", "0.0.0.0", "--access", access], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert "access" in ended.stderr or "TRUNKLINE_TLS_CERTIFICATE" in ended.stderr
