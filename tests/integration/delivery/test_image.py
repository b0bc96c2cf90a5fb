"""An image is really built, started, asked and pushed, with whichever engine this machine has."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from containers import BASE
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError
from trunkline.core.release import Route
from trunkline.delivery.engine import Engine, build_secrets
from trunkline.delivery.image import lay_out

from .conftest import MakeRoute, seal_model, single

NAME = "trunkline-test"
PASSWORD = "a-password-of-the-index"
DOCKERFILE = f"""
FROM {BASE}
RUN --mount=type=secret,id=pipconf,required=false --mount=type=secret,id=cabundle,required=false \\
    cd /run/secrets && cat pipconf > /dev/null && ! test -e cabundle
RUN mkdir -p /srv/log && chown 65532:65532 /srv/log
COPY release /srv/release
COPY serve.py /srv/serve.py
USER 65532:65532
HEALTHCHECK CMD ["true"]
CMD ["python", "/srv/serve.py"]
"""
SERVE = """
import http.server, os, pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        pathlib.Path("/srv/log/answers").write_text("one")
        bundles = [path.read_text() for path in pathlib.Path("/srv/release").rglob("bundle.json")]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{os.getuid()} {len(bundles)} {bool(os.statvfs('/').f_flag & os.ST_RDONLY)}".encode())
print("listening", flush=True)
http.server.HTTPServer(("0.0.0.0", 8000), Answer).serve_forever()
"""


def call(engine: Engine, *words: str) -> str:
    """Run a command of the engine and return what it prints."""
    done = subprocess.run([engine.program, *words], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def containers(engine: Engine, image: str) -> str:
    """Return the ids of all containers of an image."""
    return call(engine, "ps", "--all", "--quiet", "--filter", f"ancestor={image}")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that an image is built from: a service of a few lines, and a bundle that only its owner may read."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    bundles = BundleStore(folder / "bundles")
    bundle = seal_model(folder / "sealed", b"model")
    bundle.folder.chmod(0o700)
    stored = bundles.add(bundle.folder)
    stored.folder.chmod(0o700)
    made = lay_out(folder / "context", folder, single(Route(version=1, bundle=stored.digest), "abc"), bundles)
    (made / "serve.py").write_text(SERVE)
    return made


@pytest.fixture(scope="module")
def built(engine: Engine, context: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The image of that folder, which needed a secret file to be built."""
    settings = tmp_path_factory.mktemp("settings") / "pip.conf"
    settings.write_text(f"[global]\nindex-url = https://me:{PASSWORD}@index.example.org/simple\n")
    identity = engine.build(
        context,
        NAME,
        "one",
        labels={"org.opencontainers.image.revision": "abc"},
        secrets=build_secrets({"PIP_CONFIG_FILE": str(settings), "PIP_CERT": str(settings) + ".missing"}),
        progress=lambda _: None,
    )
    yield identity
    call(engine, "rmi", "--force", identity)


def test_whoever_serves_may_read_what_only_its_owner_could(
    tmp_path: Path, bundles: BundleStore, route: MakeRoute
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    made = route(1)
    bundles.get(made.bundle).folder.chmod(0o700)
    context = lay_out(tmp_path / "context", tmp_path, single(made, "abc"), bundles)
    paths = list((context / "release").rglob("*"))
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_dir()} == {"0o755"}
    assert {oct(path.stat().st_mode & 0o777) for path in paths if path.is_file()} == {"0o644"}


def test_an_image_is_known_by_its_id_and_says_what_it_is_of(engine: Engine, built: str) -> None:
    assert built.startswith("sha256:")
    assert engine.size(built) > 1_000_000
    label = '{{index .Config.Labels "org.opencontainers.image.revision"}}'
    assert call(engine, "image", "inspect", "--format", label, built) == "abc"
    assert "true" in call(engine, "image", "inspect", "--format", "{{json .Config.Healthcheck}}", built)


def test_a_secret_of_the_build_is_not_in_the_image(engine: Engine, built: str, tmp_path: Path) -> None:
    saved = tmp_path / "image.tar"
    call(engine, "save", "--output", str(saved), built)
    unpacked = tmp_path / "image"
    shutil.unpack_archive(saved, unpacked, "tar", filter="data")
    found = [
        path for path in unpacked.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()
    ]
    assert found == []
    shown = call(
        engine,
        "run",
        "--rm",
        "--user",
        "0",
        built,
        "python",
        "-c",
        "import os; print(os.path.exists('/run/secrets/pipconf'))",
    )
    assert shown == "False"


def test_a_container_has_no_right_that_it_does_not_need_and_leaves_nothing(
    engine: Engine, built: str
) -> None:
    container = engine.start(built)
    try:
        volume = call(engine, "inspect", "--format", "{{range .Mounts}}{{.Name}}{{end}}", container)
        assert volume in call(engine, "volume", "ls", "--quiet").split()
        assert containers(engine, built)
        assert engine.running(container)
        address = engine.address(container)

        @retry(
            stop=stop_after_delay(30), wait=wait_fixed(0.1), retry=retry_if_exception_type(httpx.HTTPError)
        )
        def ask() -> str:
            return httpx.get(address, timeout=2, trust_env=False).raise_for_status().text

        assert ask() == "65532 1 True"
        assert "listening" in engine.words(container)
    finally:
        assert engine.remove(container)
    assert containers(engine, built) == ""
    assert volume not in call(engine, "volume", "ls", "--quiet").split()


def test_a_container_that_ended_is_told_from_one_that_starts(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f'FROM {BASE}\nCMD ["python", "-c", "raise SystemExit(\'no model\')"]\n'
    )
    identity = engine.build(tmp_path, NAME, "ends", progress=lambda _: None)
    container = engine.start(identity)
    try:
        call(engine, "wait", container)
        assert not engine.running(container)
        assert "no model" in engine.words(container)
    finally:
        engine.remove(container)
        call(engine, "rmi", "--force", identity)


def test_a_container_that_cannot_start_is_not_left_behind(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f'FROM {BASE}\nCMD ["/no/such/program"]\n')
    identity = engine.build(tmp_path, NAME, "broken", progress=lambda _: None)
    try:
        with pytest.raises(ApplyError, match="no/such/program"):
            engine.start(identity)
        assert containers(engine, identity) == ""
    finally:
        call(engine, "rmi", "--force", identity)


def test_a_build_that_fails_says_why_after_it_said_what_it_did(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo the-cause >&2 && false\n")
    said: list[str] = []
    with pytest.raises(ApplyError, match="the-cause") as caught:
        engine.build(tmp_path, NAME, "fails", progress=said.append)
    assert [line.partition(": ")[2] for line in said] == ["RUN echo the-cause >&2 && false"]
    assert str(tmp_path) in caught.value.next_step


@pytest.mark.timeout(120)
def test_a_pushed_image_is_pulled_again_by_the_digest_that_was_told(
    engine: Engine, built: str, registry: str
) -> None:
    name = f"{registry}/acme/loans"
    call(engine, "tag", built, f"{name}:one")
    digest = engine.push(name, "one")
    known = httpx.head(
        f"http://{registry}/v2/acme/loans/manifests/{digest}",
        headers={
            "Accept": "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
        },
        trust_env=False,
    )
    assert known.headers["Docker-Content-Digest"] == digest
    call(engine, "rmi", f"{name}:one")
    call(engine, "pull", f"{name}@{digest}")
    assert (
        call(engine, "image", "inspect", "--format", "{{.Id}}", f"{name}@{digest}").rpartition(":")[2]
        == built.rpartition(":")[2]
    )
