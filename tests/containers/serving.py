"""The layers below a model in a served image, made of what the tests have installed: no package index is asked.

The template's own Dockerfile is built in tests/integration/loop/test_own_image.py.
"""

from __future__ import annotations

import compileall
import py_compile
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from trunkline.delivery.engine import Engine

from . import BASE

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "template/{{cookiecutter.__slug}}/requirements/serve.txt"
BELOW = f"""FROM {BASE}
COPY packages /opt/packages
ENV PYTHONPATH=/opt/packages PYTHONDONTWRITEBYTECODE=1 ORT_DISABLE_TELEMETRY=1
ENV TRUNKLINE_SHIP_EVERY=0.5
RUN mkdir -p /srv/log && chown 65532:65532 /srv/log
"""
LEFT_OUT = {"..", "tests", "transformers", "quantization", "datasets", "__pycache__"}
OWN = """ARG BASE
FROM ${BASE}
COPY release /srv/release
USER 65532:65532
WORKDIR /srv
EXPOSE 8000
ENV TRUNKLINE_SERVING="--host 0.0.0.0 --port 8000 --log-folder /srv/log"
CMD ["sh", "-c", "exec python -m trunkline.serving /srv/release $TRUNKLINE_SERVING"]
"""
"""The Dockerfile of a project on those layers."""


@contextmanager
def layers_below(engine: Engine, folder: Path, *more: str) -> Iterator[str]:
    """Yield the name of an image with what serving's lock names, the toolkit, and packages `more`."""
    packages = folder / "packages"
    for name in {*re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(), re.MULTILINE), *more}:
        with suppress(PackageNotFoundError):  # of another system
            found = distribution(name)
            for file in found.files or ():
                path = Path(str(found.locate_file(file)))
                if not LEFT_OUT & set(file.parts) and path.is_file():
                    (packages / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, packages / file)
    shutil.copytree(ROOT / "src/trunkline", packages / "trunkline", dirs_exist_ok=True)
    # A container writes no bytecode, and the build gives every file the same time.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(packages, quiet=2, invalidation_mode=mode)
    (folder / "Dockerfile").write_text(BELOW)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    name = f"localhost/trunkline-below-{folder.name}"
    identity = engine.build(folder, name, "one", progress=lambda _: None)
    yield f"{name}:one"
    subprocess.run([engine.program, "rmi", "--force", identity], check=False, capture_output=True)
