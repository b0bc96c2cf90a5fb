"""Every log store keeps what the suite asks: a folder, S3 over HTTP, a bucket in memory, a service's own HTTP."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import uvicorn
from conformance.log_stores import LogStoreConformance, Place, Reach, WritableLogStoreConformance
from fastapi import FastAPI
from obstore.store import MemoryStore

from standin import bucket
from trunkline.core.errors import StorageError
from trunkline.core.plugins import OURS
from trunkline.core.policy.access import LIMITS, OPEN
from trunkline.predictions.stores import open_store
from trunkline.predictions.stores.objects import ObjectStore
from trunkline.serving.access import Admission, Guard
from trunkline.serving.callers import Keys, legacy
from trunkline.serving.handing_out import hand_out
from trunkline.serving.telemetry import Metrics

TOKEN = "t" * 64


class TestFolder(WritableLogStoreConformance):
    @pytest.fixture
    def reach(self, tmp_path: Path) -> Reach:
        return lambda: open_store(f"file://{tmp_path}/a%20share/{{environment}}", "production", {})

    def test_a_link_on_the_share_is_no_file_of_the_log_and_its_target_is_left_alone(
        self, reach: Reach, tmp_path: Path
    ) -> None:
        share, secret = tmp_path / "a share" / "production", tmp_path / "secret.jsonl"
        share.mkdir(parents=True)
        secret.write_text("secret")
        (share / "a.jsonl").symlink_to(secret)
        (share / "b.jsonl").symlink_to("/dev/zero")
        assert reach().files() == ()
        with pytest.raises(FileNotFoundError):
            reach().get("a.jsonl", tmp_path / "got")
        assert not (tmp_path / "got").exists()
        (share / ".replacing").symlink_to(secret)
        with pytest.raises(StorageError):
            reach().put("c.jsonl", b"1")
        assert secret.read_text() == "secret"

    def test_a_copy_is_for_its_owner_and_the_group(self, reach: Reach, tmp_path: Path) -> None:
        reach().put("a.jsonl", b"1")
        reach().get("a.jsonl", tmp_path / "got")
        assert (tmp_path / "got").stat().st_mode & 0o777 == 0o640


class TestMemory(WritableLogStoreConformance):
    """Stands in for Google Cloud Storage and Azure, which speak to the same client."""

    @pytest.fixture
    def reach(self) -> Reach:
        memory = MemoryStore()
        return lambda: ObjectStore(memory, "memory://")


class TestToy(WritableLogStoreConformance):
    """A further store needs a file, and its scheme's line in the table."""

    @pytest.fixture
    def reach(self, tmp_path: Path) -> Reach:
        table = {**OURS, "log stores": {"kept": "toys.kept:KeptStore"}}
        return lambda: open_store(f"kept://{tmp_path.name}/{{environment}}", "production", {}, table=table)


class TestS3(WritableLogStoreConformance):
    """Against moto, which speaks S3 over HTTP."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[str]:
        with bucket.serve_s3() as address:
            yield address

    @pytest.fixture
    def reach(self, server: str, monkeypatch: pytest.MonkeyPatch) -> Reach:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        bucket.empty(server)
        return lambda: bucket.store_at(server, "production")

    def test_a_bucket_that_is_not_there_is_told(self, reach: Reach, server: str) -> None:
        store = reach()
        assert not [name for name in os.environ if name.startswith("AWS_")]
        httpx.delete(f"{server}/logs").raise_for_status()
        with pytest.raises(StorageError, match="is not there"):
            store.put("a.jsonl", b"1")


class TestHttp(LogStoreConformance):
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "served").mkdir()
        return tmp_path / "served"

    @pytest.fixture
    def address(self, folder: Path) -> Iterator[str]:
        app = FastAPI()
        known = Keys(folder / "no keys", legacy([sha256(TOKEN.encode()).hexdigest()]), LIMITS)
        app.add_middleware(Admission, guard=Guard(known, OPEN), metrics=Metrics())
        hand_out(app, folder)
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        ready = threading.Event()
        startup = server.startup

        async def begin(sockets: object = None) -> None:
            await startup()
            ready.set()

        server.startup = begin  # type: ignore[method-assign]
        thread = threading.Thread(target=server.run)
        thread.start()
        assert ready.wait(30)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        server.should_exit = True
        thread.join()

    @pytest.fixture
    def reach(self, address: str) -> Reach:
        return lambda: open_store(address, "e", {"TRUNKLINE_LOG_TOKEN": TOKEN})

    @pytest.fixture
    def place(self, folder: Path) -> Place:
        def write(name: str, content: bytes) -> None:
            (folder / name).write_bytes(content)

        return write

    def test_nothing_is_handed_out_without_the_token(self, address: str, place: Place) -> None:
        place("a.jsonl", b"1")
        wrong: tuple[dict[str, str], ...] = (
            {},
            {"authorization": "Bearer " + "x" * 64},
            {"authorization": TOKEN},
            {"x-api-key": TOKEN},
        )
        for headers in wrong:
            for path in ("/log", "/log/a.jsonl", "/log/nothing"):
                answer = httpx.get(address + path, headers=headers)
                assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        with pytest.raises(StorageError):
            open_store(address, "e", {"TRUNKLINE_LOG_TOKEN": "x"}).files()
        with pytest.raises(StorageError):
            open_store(address, "e", {})

    def test_a_file_that_is_appended_to_is_handed_out_as_long_as_it_was(
        self, reach: Reach, folder: Path, tmp_path: Path
    ) -> None:
        path = folder / "a.jsonl"
        line = b"x" * 999 + b"\n"
        path.write_bytes(line * 1000)
        begun, ended = threading.Event(), threading.Event()

        def append() -> None:
            with path.open("ab", buffering=0) as stream:
                while not ended.wait(0.002):
                    stream.write(line)
                    begun.set()

        writer = threading.Thread(target=append)
        writer.start()
        try:
            assert begun.wait(30)
            for _ in range(10):
                reach().get("a.jsonl", tmp_path / "got")
                assert set((tmp_path / "got").read_bytes().splitlines(keepends=True)) == {line}
        finally:
            ended.set()
            writer.join()

    def test_nothing_but_the_log_is_handed_out(self, address: str, folder: Path) -> None:
        (folder / ".user-secret").write_text("s")
        (folder / "notes.txt").write_text("s")
        (folder.parent / "a.jsonl").write_text("s")
        for name in (".user-secret", "notes.txt", "..%2Fa.jsonl", "%2e%2e/a.jsonl", "a%00.jsonl"):
            answer = httpx.get(f"{address}/log/{name}", headers={"authorization": f"Bearer {TOKEN}"})
            assert answer.status_code == 404
