"""An image in a registry that serves as `fake_service.py` does, and says which bundles it carries."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from containers import BASE
from trunkline.delivery.engine import Engine

FAKE = Path(__file__).with_name("fake_service.py")


@contextmanager
def fake_image(engine: Engine, registry: str, folder: Path, digests: Collection[str]) -> Iterator[str]:
    """Yield its name by digest, pushed; it is built from `folder`, which holds `bundles/`."""
    (folder / "Dockerfile").write_text(
        f"FROM {BASE}\nENV PYTHONPATH=/srv/fake\nCOPY fake /srv/fake\nCOPY bundles /srv/release/bundles\n"
        "RUN mkdir -p /srv/log && chown 65532:65532 /srv/log\nUSER 65532:65532\nWORKDIR /srv\n"
    )
    serving = folder / "fake/trunkline/serving"
    serving.mkdir(parents=True)
    for package in (serving, serving.parent):
        (package / "__init__.py").touch()
    shutil.copy(FAKE, serving / "__main__.py")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    labels = {"trunkline.bundles": " ".join(digests)}
    name = f"{registry}/acme/target"
    identity = engine.build(folder, name, "one", labels=labels, progress=lambda _: None)
    yield f"{name}@{engine.push(name, 'one')}"
    subprocess.run([engine.program, "rmi", "--force", identity], check=False, capture_output=True)
