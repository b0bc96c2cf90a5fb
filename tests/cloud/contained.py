"""What an image runs, as a process of this machine: its words with this machine's folders and a free port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from containers.fixtures import free_port

_ROLE = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ALLOW_HTTP": "true"}
"""What a platform gives a container by its role, and the way to this AWS."""
_RUNNING: list[Contained] = []


class Contained:
    """A container that runs, or ran."""

    def __init__(self, image: str, words: Sequence[str], variables: Mapping[str, str]) -> None:
        digest = re.findall(r"@sha256:([0-9a-f]{64})$", image)[0]
        folder = Path(os.environ["STANDIN_IMAGES"]) / digest
        self.port = free_port()
        self.home = Path(tempfile.mkdtemp(prefix="contained-", dir=folder.parents[1]))
        self._told = self.home / "said"
        self._shown = 0
        if words[:3] != ["python", "-m", "trunkline.serving.told"] or not folder.is_dir():
            words = ["false"]
        else:
            here = {"/srv/release": str(folder), "/srv/log": str(self.home / "log")}
            here |= {"0.0.0.0": "127.0.0.1", "8000": str(self.port)}
            words = [
                sys.executable,
                "-m",
                "cloud.begin",
                *(here.get(word, word) for word in words[3:]),
            ]
        (self.home / "log").mkdir()
        with self._told.open("wb") as stream:
            self.process = subprocess.Popen(
                words,
                env={**_ROLE, "AWS_ENDPOINT": f"http://127.0.0.1:{os.environ['STANDIN_PORT']}", **variables}
                | {
                    "PYTHONPATH": os.environ["PYTHONPATH"],
                    "PATH": os.environ["PATH"],
                    "TMPDIR": str(self.home),
                },
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _RUNNING.append(self)

    @property
    def ended(self) -> bool:
        """Whether it does not run any more."""
        return self.process.poll() is not None

    @property
    def ready(self) -> bool:
        """Whether the load balancer finds it ready."""
        try:
            return (
                httpx.get(f"http://127.0.0.1:{self.port}/ready", timeout=2.0, trust_env=False).status_code
                == 200
            )
        except httpx.HTTPError:
            return False

    def lines(self) -> list[str]:
        """Return what it wrote since it was asked last."""
        text = self._told.read_text(errors="replace")
        new, self._shown = text[self._shown :], len(text)
        return new.splitlines()

    def end(self) -> None:
        """Stop it as a platform does."""
        if not self.ended:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def clear(parameter: Any) -> str:
    """Return the value of a parameter of SSM, which moto keeps as if it were encrypted."""
    return str(parameter.decrypt(parameter.value))


def end_all() -> None:
    """Stop everything that runs."""
    while _RUNNING:
        _RUNNING.pop().end()
