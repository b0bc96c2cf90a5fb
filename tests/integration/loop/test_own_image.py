"""The generated project's own Dockerfile, built by a real engine: asked, pushed, pushed again with another model."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from containers import BASE
from containers.fixtures import free_port
from standin.lambda_runtime import LambdaRuntime, url_event
from trunkline import __version__
from trunkline.core.bundle import BundleStore, open_bundle, seal
from trunkline.core.keys import KeyFile, new_key
from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Release
from trunkline.delivery import read_state
from trunkline.delivery.engine import Engine, build_secrets
from trunkline.delivery.image import lay_out
from trunkline.delivery.targets.kubernetes import KubernetesSettings
from trunkline.delivery.targets.kubernetes_objects import objects
from trunkline.delivery.targets.service import wait_for
from trunkline.loop.model.examples import example_request
from trunkline.loop.release import imaging
from trunkline.predictions.segments import segments_in

from .own_image import Built, folder_of, held, own_image, say
from .typed import lines_of_the_document, take_back, typed

ABOVE_BASE = 190_000_000


def inspect(engine: Engine, reference: str) -> dict[str, Any]:
    """Return what the engine knows of an image."""
    done = subprocess.run(
        [engine.program, "image", "inspect", reference], capture_output=True, check=True, timeout=60
    )
    found: dict[str, Any] = json.loads(done.stdout)[0]
    return found


@pytest.fixture(scope="module")
def kept(registry: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the registry keeps what was pushed."""
    return folder_of(registry, tmp_path_factory)


@pytest.fixture(scope="module")
def built(engine: Engine, registry: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A small model in the image that the template's Dockerfile makes of it."""
    with own_image(engine, registry, tmp_path_factory) as made:
        yield made


@pytest.mark.timeout(900)  # the first to ask builds it
def test_what_a_container_answered_was_compared_before_the_push(built: Built) -> None:
    told = [line for line in built.progress if line.startswith(("asking", "ready", "pushing", "it was only"))]
    assert [line.split()[0] for line in told] == ["asking", "ready", "pushing"]


def test_it_is_no_larger_than_what_serves_needs(engine: Engine, built: Built) -> None:
    base = inspect(engine, BASE)["Size"]
    assert built.image.size - base < ABOVE_BASE


def test_it_says_what_it_is_made_of_and_runs_without_a_shell_and_without_root(
    engine: Engine, built: Built
) -> None:
    config = inspect(engine, built.image.identity)["Config"]
    assert config["Labels"]["org.opencontainers.image.revision"] == built.project.commit()
    assert config["Labels"]["trunkline.bundles"].split() == list(built.image.bundles)
    assert config["Labels"]["trunkline.toolkit"] == __version__
    assert config["User"] == "65532:65532"
    assert config["Cmd"][:3] == ["python", "-m", "trunkline.serving"]
    health = config.get("Healthcheck") or inspect(engine, built.image.identity)["Healthcheck"]
    assert health["Test"][0] == "CMD"


def test_no_secret_pip_or_test_is_left_in_it(engine: Engine, built: Built) -> None:
    looked = (
        "import glob, importlib.util, os; print(importlib.util.find_spec('pip'), os.path.exists('/build'), "
        "os.path.exists('/run/secrets/cabundle'), glob.glob('/opt/venv/lib/*/site-packages/*/tests'))"
    )
    words = [engine.program, "run", "--rm", built.image.identity, "python", "-c", looked]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["None", "False", "False", "[]"]


def again(engine: Engine, built: Built, context: Path, release: Release, tag: str) -> str:
    """Build a context as `build_image` does, and return the image's id."""
    return engine.build(
        context,
        built.image.name,
        tag,
        arguments=[f"BASE={BASE}"],
        labels=imaging.labels_of(release, "", 0),
        secrets=build_secrets(os.environ),
        progress=say,
    )


def test_the_same_inputs_make_the_same_image_whenever_and_wherever_they_are_laid_out(
    engine: Engine, built: Built, tmp_path: Path
) -> None:
    release = Release.read(built.context / "release/release.json")
    laid = lay_out(tmp_path / "elsewhere", built.project.root, release, built.project.bundles)
    assert again(engine, built, laid, release, "again") == built.image.identity


def test_of_another_model_only_its_own_layer_is_pushed(
    engine: Engine, built: Built, kept: Path, tmp_path: Path
) -> None:
    bundles = BundleStore(tmp_path / "bundles")
    (first,) = built.image.bundles
    bundle = built.project.bundles.get(first)
    shutil.copytree(bundle.folder, tmp_path / "other")
    (tmp_path / "other/bundle.json").unlink()
    lineage = bundle.manifest.lineage.model_copy(update={"commit": "another"})
    seal(tmp_path / "other", bundle.manifest.model_copy(update={"lineage": lineage}))
    other = bundles.add(open_bundle(tmp_path / "other").folder)
    release = Release.of_one(other.digest, environment="production", revision="another")
    laid = lay_out(tmp_path / "context", built.project.root, release, bundles)
    identity = again(engine, built, laid, release, "other")
    before, whole = inspect(engine, built.image.identity), inspect(engine, identity)
    assert whole["RootFS"]["Layers"][:-1] == before["RootFS"]["Layers"][:-1]
    assert whole["RootFS"]["Layers"][-1] != before["RootFS"]["Layers"][-1]
    had = held(kept)
    engine.push(built.image.name, "other")
    pushed = held(kept) - had
    assert pushed < 5_000_000
    assert pushed < 0.03 * built.pushed
    subprocess.run([engine.program, "rmi", "--force", identity], check=False, capture_output=True)


ENTRY = ("--read-only", "--tmpfs", "/tmp", "--cap-drop=ALL", "--security-opt", "no-new-privileges")  # noqa: S108


@contextmanager
def running(engine: Engine, *words: str) -> Iterator[str]:
    """Run a container while the block runs; yields its id."""
    done = subprocess.run(
        [engine.program, "run", "--detach", *ENTRY, *words], capture_output=True, text=True, check=True
    )
    container = done.stdout.strip()
    try:
        yield container
    finally:
        engine.remove(container)


def test_sagemaker_asks_the_same_image(engine: Engine, built: Built) -> None:
    row = example_request(built.project, progress=say)
    port = free_port()
    access = """TRUNKLINE_ACCESS={"tls":"platform","callers":"platform"}"""
    words = ("--env", access, "--volume", "/srv/log", "--publish", f"127.0.0.1:{port}:8080")
    with (
        running(engine, *words, built.image.identity, "serve") as container,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client,
    ):

        def pings() -> bool:
            try:
                return client.get("/ping").status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        assert wait_for(lambda: pings() or None, patience=60), engine.words(container)
        one = client.post("/invocations", json=row)
        assert one.status_code == httpx.codes.OK, one.text
        lines = client.post(
            "/invocations",
            content="\n".join([json.dumps(row)] * 2),
            headers={"content-type": "application/jsonlines", "accept": "application/jsonlines"},
        )
        answers = [json.loads(line) for line in lines.text.splitlines()]
        assert [answer["prediction"] for answer in answers] == [one.json()["prediction"]] * 2


def test_lambda_asks_the_same_image(engine: Engine, built: Built) -> None:
    row = example_request(built.project, progress=say)
    runtime = LambdaRuntime()
    given = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.port}",
        "TRUNKLINE_ACCESS": '{"tls":"platform","callers":"platform"}',
        "TRUNKLINE_LOG_STORE": "file:///tmp/shipped",
        "TRUNKLINE_USER_SECRET": "s" * 64,
    }
    variables = [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
    command = ("python", "-m", "trunkline.serving.entries.aws_lambda", "/srv/release")
    try:
        with running(engine, "--network=host", *variables, built.image.identity, *command) as container:
            kind, reply = runtime.invoke(url_event("POST", "/predict", json.dumps(row)))
            assert (kind, reply["statusCode"]) == ("response", 200), (reply, engine.words(container))
            answer = json.loads(reply["body"])
            look = (
                "import glob, gzip\n"
                "for each in glob.glob('/tmp/shipped/**/*.gz', recursive=True):\n"
                "    print(gzip.open(each).read().decode())"
            )
            words = [engine.program, "exec", container, "python", "-c", look]
            shipped = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout
            assert json.loads(shipped.split("\n")[0])["id"] == answer["id"]
    finally:
        runtime.close()


def test_a_pod_of_kubernetes_starts_the_same_image(engine: Engine, built: Built) -> None:
    release = Release.read(built.context / "release/release.json")
    release = release.model_copy(update={"image": built.image.identity})
    serving = Serving(access=Access(tls="platform", callers="keys"))
    key, text = new_key(("predict",), datetime.now(UTC))
    settings = KubernetesSettings(namespace="loans")
    made = objects("loans", release, settings, serving, keys="k", previous=None)
    (container,) = next(row for row in made if row["kind"] == "Deployment")["spec"]["template"]["spec"][
        "containers"
    ]
    held = {"user-secret": "s" * 64, "keys": KeyFile(keys=(key,)).canonical().decode()}
    given = {
        row["name"]: row["value"] if "value" in row else held[row["valueFrom"]["secretKeyRef"]["key"]]
        for row in container["env"]
    }
    variables = [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
    port = free_port()
    words = (*variables, "--volume", "/srv/log", "--publish", f"127.0.0.1:{port}:8000", built.image.identity)
    with (
        running(engine, *words, *container["command"]) as started,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as client,
    ):

        def probed(name: str) -> bool:
            try:
                return client.get(container[name]["httpGet"]["path"]).status_code == httpx.codes.OK
            except httpx.HTTPError:
                return False

        assert wait_for(lambda: probed("startupProbe") or None, patience=60), engine.words(started)
        assert probed("livenessProbe")
        row = example_request(built.project, progress=say)
        assert client.post("/predict", json=row).status_code == httpx.codes.UNAUTHORIZED
        asked = client.post("/predict", json=row, headers={"authorization": f"Bearer {text}"})
        assert asked.status_code == httpx.codes.OK, asked.text


@pytest.mark.timeout(600)
def test_the_lines_of_the_document_lead_to_a_container_on_another_host(
    built: Built, registry: str, ssh_host: str, tmp_path: Path
) -> None:
    # A machine that boots by itself: test_production_document.py. This one is there under Docker too.
    port = free_port()
    with typed(built.project, ssh_host, port, tmp_path) as sh:
        said = sh(lines_of_the_document(ssh_host, registry, tmp_path / "there"))
        assert "ready" in said
        image = read_state(built.project.deployment("production")).image
        assert re.fullmatch(rf"{re.escape(registry)}/acme/loans@sha256:[0-9a-f]{{64}}", image)
        assert image in said
        row = example_request(built.project, progress=say)
        answer = httpx.post(f"http://127.0.0.1:{port}/predict", json=row, timeout=10, trust_env=False)
        assert answer.status_code == httpx.codes.OK, answer.text
        assert segments_in(tmp_path / "there/predictions")
        take_back(built.project)
        assert "stop" in sh("trunkline deploy production")
        assert read_state(built.project.deployment("production")).image == ""
        with pytest.raises(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/ready", timeout=2, trust_env=False)
