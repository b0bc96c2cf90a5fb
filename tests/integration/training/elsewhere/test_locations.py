"""Files of models that lie elsewhere: on a web server, in a bucket, in MLflow, each asked as it really is."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import mlflow
import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import numpy_helper
from sklearn.linear_model import LogisticRegression

from foreign_models import net
from publisher import Site, publishing
from standin import bucket
from trunkline.core.errors import (
    NotFoundError,
    ProjectError,
    StorageError,
    TrunklineError,
    UnavailableError,
)
from trunkline.core.mlflow_uri import embedded_uri
from trunkline.core.record import file_sha256
from trunkline.registry import fetch_version
from trunkline.training import Fitted, Trained

from ...conftest import Server, end, put_empty_store

Take = Callable[..., Fitted]
Parts = tuple[pd.DataFrame, pd.DataFrame]
NUMBERS = ["age", "checks"]
SAID: dict[str, Any] = {"inputs": {"X": NUMBERS}, "outputs": {"probabilities": "chance"}}
NO_DIGEST = "sha256:" + "0" * 64
AS_IT_IS: dict[str, Any] = {"pip_requirements": ["numpy"]}
"""Else MLflow looks for what a model needs, for seconds."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A net as another team has written it."""
    net(tmp_path / "net.onnx", outputs=("chance",))
    return tmp_path / "net.onnx"


class TestHttps:
    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
        with publishing(tmp_path) as made:
            monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
            for name in ("no_proxy", "NO_PROXY"):
                monkeypatch.setenv(name, "127.0.0.1")
            yield made

    def test_a_file_is_fetched_once_also_where_a_server_leads_on(
        self, site: Site, take: Take, file: Path
    ) -> None:
        site.publishes("/store/7f3a", file.read_bytes())
        site.leads["/credit/7/net.onnx?download=true"] = f"{site.address}/store/7f3a"
        address = f"{site.address}/credit/7/net.onnx?download=true"
        for _ in range(2):
            assert take(Trained(address, digest=file_sha256(file), **SAID)).candidate == "net"
        assert site.asked == 2

    def test_what_is_not_there_not_whole_or_not_encrypted_is_told(
        self, site: Site, take: Take, file: Path
    ) -> None:
        digest = file_sha256(file)
        with pytest.raises(NotFoundError, match="nothing at"):
            take(Trained(f"{site.address}/net.onnx", digest=digest, **SAID))
        address = site.publishes("/net.onnx", file.read_bytes())
        with pytest.raises(StorageError, match="larger"):
            take(Trained(address, digest=digest, largest_mb=0, **SAID))
        with pytest.raises(StorageError, match=digest):
            take(Trained(address, digest=NO_DIGEST, **SAID))
        site.cut = True
        with pytest.raises(UnavailableError, match="could not be fetched"):
            take(Trained(address, digest=digest, **SAID))
        site.leads["/on"] = "http://127.0.0.1:9/net.onnx"
        with pytest.raises(TrunklineError):
            take(Trained(f"{site.address}/on", digest=digest, **SAID))
        with pytest.raises(ProjectError, match="http"):
            take(Trained(address.replace("https", "http"), digest=digest, **SAID))

    def test_a_server_that_is_not_trusted_is_not_asked(
        self, site: Site, take: Take, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        address = site.publishes("/net.onnx", file.read_bytes())
        with pytest.raises(UnavailableError, match="certificate"):
            take(Trained(address, digest=file_sha256(file), **SAID))

    def test_no_password_stands_in_an_address(self) -> None:
        with pytest.raises(ProjectError) as caught:
            Trained("https://ada:secret@example.com/net.onnx", digest=NO_DIGEST)
        assert "secret" not in str(caught.value)


class TestBucket:
    @pytest.fixture(scope="class")
    @classmethod
    def server(cls) -> Iterator[str]:
        with bucket.serve_s3() as address:
            yield address

    @pytest.fixture
    def reached(self, server: str, monkeypatch: pytest.MonkeyPatch) -> str:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        bucket.empty(server)
        for name, value in (bucket.KEYS | bucket.reached_at(server)).items():
            monkeypatch.setenv(name, value)
        return server

    def test_a_file_is_fetched_from_a_bucket(self, reached: str, take: Take, file: Path) -> None:
        digest = file_sha256(file)
        place = f"{bucket.BUCKET}/credit/7/net.onnx"
        with pytest.raises(NotFoundError, match="nothing at"):
            take(Trained(f"s3://{place}", digest=digest, **SAID))
        httpx.put(f"{reached}/{place}", content=file.read_bytes()).raise_for_status()
        with pytest.raises(StorageError, match="larger than 0 MB"):
            take(Trained(f"s3://{place}", digest=digest, largest_mb=0, **SAID))
        assert take(Trained(f"s3://{place}", digest=digest, **SAID)).origin is not None


def test_a_cache_that_cannot_be_written_is_told(take: Take, file: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the folder's place")
    with pytest.raises(StorageError, match="cannot be kept"):
        take(Trained(file.as_uri(), digest=file_sha256(file), **SAID))


class TestMlflow:
    @pytest.fixture
    def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        """The address of an embedded store."""
        put_empty_store(tmp_path / "mlflow.db")
        monkeypatch.chdir(tmp_path)
        return embedded_uri(tmp_path / "mlflow.db")

    def test_a_version_is_fetched_from_a_server(
        self, server: Server, take: Take, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        uri = server[0]
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with logging_to(uri):
            mlflow.onnx.log_model(onnx.load(file), name="net", registered_model_name="credit", **AS_IT_IS)
        fetch = partial(fetch_version, uri)
        told = Trained("models:/credit/1", digest=NO_DIGEST, **SAID)
        with pytest.raises(StorageError, match=NO_DIGEST) as caught:
            take(told, versions=fetch)
        digest = re.findall("sha256:[0-9a-f]{64}", caught.value.what)[0]
        origin = take(replace(told, digest=digest), versions=fetch).origin
        assert origin is not None
        assert origin.digest == digest
        with pytest.raises(NotFoundError, match="models:/credit/2"):
            take(replace(told, file="models:/credit/2"), versions=fetch)
        end(server[2])
        assert take(replace(told, digest=digest), versions=fetch).origin == origin
        with pytest.raises(UnavailableError, match="does not answer"):
            take(told, versions=fetch)

    def test_a_fitted_model_is_taken_from_what_mlflow_writes(
        self, store: str, take: Take, parts: Parts
    ) -> None:
        rows, answers = parts[0][NUMBERS].astype(float), parts[0]["released"].astype(str)
        model = LogisticRegression().fit(rows, answers)
        with logging_to(store):
            for form in ("skops", "cloudpickle"):
                mlflow.sklearn.log_model(
                    model, name=form, registered_model_name="linear", serialization_format=form, **AS_IT_IS
                )
        fetch = partial(fetch_version, store)
        for number in (1, 2):
            told = Trained(f"models:/linear/{number}", digest=NO_DIGEST)
            with pytest.raises(StorageError) as caught:
                take(told, versions=fetch)
            digest = re.findall("sha256:[0-9a-f]{64}", caught.value.what)[0]
            assert take(replace(told, digest=digest), versions=fetch).classes == ("No", "Yes")

    def test_weights_that_mlflow_lays_beside_a_model_are_told(
        self, store: str, take: Take, file: Path
    ) -> None:
        large = onnx.load(file)
        # More than a kilobyte: MLflow writes such weights into another file unless it is told otherwise.
        wide = np.zeros((2, 400), dtype=np.float32)
        large.graph.initializer[1].CopyFrom(numpy_helper.from_array(wide, "weights"))
        with logging_to(store):
            mlflow.onnx.log_model(large, name="wide", registered_model_name="credit", **AS_IT_IS)
        fetch = partial(fetch_version, store)
        told = Trained("models:/credit/1", digest=NO_DIGEST, **SAID)
        with pytest.raises(StorageError) as caught:
            take(told, versions=fetch)
        digest = re.findall("sha256:[0-9a-f]{64}", caught.value.what)[0]
        with pytest.raises(ProjectError, match="other files") as refused:
            take(replace(told, digest=digest), versions=fetch)
        assert "save_as_external_data=False" in refused.value.next_step


BROKEN: dict[str, tuple[str | None, type[TrunklineError], str]] = {
    "none": (None, NotFoundError, "no MLmodel"),
    "no YAML": ("flavors: [\n", StorageError, "broken"),
    "a list": ("- a\n", StorageError, "broken"),
    "no flavours": ("flavors:\n", StorageError, "broken"),
    "flavours in words": ("flavors: {onnx: data}\n", StorageError, "broken"),
    "another flavour": ("flavors: {pytorch: {data: x}}\n", ProjectError, "as pytorch"),
    "a file that is not there": ("flavors: {onnx: {data: m.onnx}}\n", NotFoundError, r"no file m\.onnx"),
    "a file of somebody else": (
        "flavors: {sklearn: {pickled_model: ../../net.onnx}}\n",
        NotFoundError,
        "no file",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_whole_version_is_told(case: str, take: Take, file: Path) -> None:
    text, kind, words = BROKEN[case]

    def versions(address: str, folder: Path) -> Path:
        if text is not None:
            (folder / "MLmodel").write_text(text)
        return folder

    with pytest.raises(kind, match=words):
        take(Trained("models:/net/1", digest=NO_DIGEST), versions=versions)
    assert file.is_file()


@contextmanager
def logging_to(uri: str) -> Iterator[None]:
    """Lead MLflow's own functions to a store, within a run."""
    mlflow.set_tracking_uri(uri)
    try:
        with mlflow.start_run():
            yield
    finally:
        mlflow.set_tracking_uri(None)  # type: ignore[arg-type]  # as if nobody had said anything
