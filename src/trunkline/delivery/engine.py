"""The container engine of this machine, docker or podman: it builds, starts, asks after and pushes images."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ApplyError, NotFoundError
from trunkline.core.policy.access import BEHIND, VARIABLE
from trunkline.core.progress import Progress
from trunkline.core.secrets import everything

ENGINES = ("docker", "podman")
PORT = 8000
"""The port on which an image answers."""
SECRETS = {"pipconf": "PIP_CONFIG_FILE", "cabundle": "PIP_CERT"}
"""Build secrets of the Dockerfile, and the variables that name their files."""
EPOCH = 0
"""When every file of an image was made, in seconds since 1970: a real time would make each build another image."""
PATIENCE_S = 60.0
"""For what an engine answers from memory; builds and pushes take what they take."""
_SAID = 600
_STEP = re.compile(r"^(?:\[\d+/\d+\] )?STEP (\d+/\d+): (RUN .*)$|^#\d+ \[(?:\S+ )*?(\d+/\d+)\] (RUN .*)$")
"""podman's words for a step, and those of docker's BuildKit."""
_FLAGS = re.compile(r"(?<=^RUN )(?:--\S+\s+)+")


def step_of(line: str) -> str:
    """Return what a line of a build says of the command that it begins to run; empty for any other line."""
    found = _STEP.match(line)
    if not found:
        return ""
    words = " ".join(_FLAGS.sub("", found[2] or found[4]).split())
    return f"step {found[1] or found[3]}: {words[:77] + '...' if len(words) > 80 else words}"


def build_secrets(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files with pip's settings that this machine names, as `id=...,src=...`."""
    files = {name: environment.get(variable, "") for name, variable in SECRETS.items()}
    return tuple(f"id={name},src={path}" for name, path in files.items() if path and Path(path).is_file())


@dataclass(frozen=True)
class Engine:
    """docker or podman, whichever this machine has."""

    program: str
    podman: bool = False
    """Also where the program is called docker."""

    @classmethod
    def find(cls) -> Engine:
        """Return the engine of this machine; raise NotFoundError when it has none that answers."""
        for name in ENGINES:
            program = shutil.which(name)
            if program and _answers(program, "info") is not None:
                return cls(program, podman="podman" in (_answers(program, "--version") or ""))
        raise NotFoundError(
            f"An image needs {' or '.join(ENGINES)}, and neither answers here.",
            next_step="install and start one, or let the workflow build it",
        )

    def build(
        self,
        context: Path,
        name: str,
        tag: str,
        *,
        arguments: Sequence[str] = (),
        labels: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        progress: Progress,
    ) -> str:
        """Build the image of a context and return its id; an image that had the tag loses it."""
        flags = [word for argument in arguments for word in ("--build-arg", argument)]
        flags += [word for key, value in (labels or {}).items() for word in ("--label", f"{key}={value}")]
        flags += [word for secret in secrets for word in ("--secret", secret)]
        flags += ["--timestamp", str(EPOCH)] if self.podman else ["--build-arg", f"SOURCE_DATE_EPOCH={EPOCH}"]
        said: deque[str] = deque(maxlen=20)
        with subprocess.Popen(
            [self.program, "build", "--tag", f"{name}:{tag}", *flags, str(context)],
            # podman's own format has no health check; Docker's builder before BuildKit knows no secrets.
            env={**everything(), "BUILDAH_FORMAT": "docker", "DOCKER_BUILDKIT": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as building:
            for line in building.stdout or ():
                said.append(line)
                if step := step_of(line):
                    progress(step)
        if building.returncode:
            raise self._failure("build", "".join(said), f"`{self._name} build {context}` shows all of it")
        identity = self._call("image", "inspect", "--format", "{{.Id}}", f"{name}:{tag}")
        return identity if ":" in identity else f"sha256:{identity}"

    def size(self, reference: str) -> int:
        """Return how many bytes an image takes on this machine; 0 where the engine does not tell."""
        said = self._call("image", "inspect", "--format", "{{.Size}}", reference)
        return int(said) if said.isdecimal() else 0

    def start(self, reference: str) -> str:
        """Start a container as production would, without any right that it does not need, and return its id."""
        name = f"trunkline-{secrets.token_hex(6)}"
        try:
            return self._call(
                *("run", "--detach", "--name", name),
                # A volume belongs to whom the image's folder belongs to; a tmpfs to root, whatever its mode says.
                *("--read-only", "--tmpfs", "/tmp", "--volume", "/srv/log"),  # noqa: S108
                *("--cap-drop=ALL", "--security-opt", "no-new-privileges"),
                # Nobody else reaches it: it is published on this machine alone.
                *("--env", f"{VARIABLE}={BEHIND.model_dump_json(exclude_defaults=True)}"),
                *("--publish", f"127.0.0.1::{PORT}", reference),
            )
        except BaseException:
            # An engine that cannot start what it has created, or is interrupted, leaves it behind.
            self.remove(name)
            raise

    def running(self, container: str) -> bool:
        """Return whether a container runs; what the engine does not know of may."""
        return _answers(self.program, "inspect", "--format", "{{.State.Running}}", container) != "false"

    def address(self, container: str) -> str:
        """Return where a container answers."""
        return "http://" + self._call("port", container, str(PORT)).splitlines()[0].rpartition("-> ")[2]

    def words(self, container: str) -> str:
        """Return the last lines that a container wrote."""
        done = subprocess.run(
            [self.program, "logs", "--tail", "20", container],
            capture_output=True,
            text=True,
            check=False,
            env=everything(),
        )
        return (done.stdout + done.stderr).strip()

    def remove(self, container: str) -> bool:
        """Stop and remove a container; return whether it is gone."""
        return _answers(self.program, "rm", "--force", "--volumes", container) is not None

    def push(self, name: str, tag: str) -> str:
        """Push an image and return the digest by which the registry knows it."""
        if self.podman:
            return self._push_with_podman(f"{name}:{tag}")
        self._call("push", f"{name}:{tag}", patience_s=None)
        known = json.loads(
            self._call("image", "inspect", "--format", "{{json .RepoDigests}}", f"{name}:{tag}")
        )
        for reference in known:
            place, _, digest = reference.partition("@")
            if place == name:
                return str(digest)
        raise ApplyError(f"The engine does not know the digest of {name}:{tag} after the push.", value=known)

    def _push_with_podman(self, reference: str) -> str:
        # podman's RepoDigests tell the image as it lies here, unpacked: no registry knows that digest.
        with tempfile.TemporaryDirectory() as folder:
            told = Path(folder) / "digest"
            self._call("push", "--digestfile", str(told), reference, patience_s=None)
            return told.read_text(encoding="utf-8").strip()

    @property
    def _name(self) -> str:
        return Path(self.program).name

    def _call(self, *words: str, patience_s: float | None = PATIENCE_S) -> str:
        try:
            done = subprocess.run(
                [self.program, *words],
                capture_output=True,
                text=True,
                check=False,
                env=everything(),
                timeout=patience_s,
            )
        except subprocess.TimeoutExpired as error:
            raise ApplyError(
                f"{self._name} {words[0]} did not answer for {patience_s:.0f} s.",
                next_step=f"see whether `{self._name} info` answers",
            ) from error
        if done.returncode:
            raise self._failure(
                words[0], done.stderr or done.stdout, f"run `{self._name} {words[0]}` yourself to see why"
            )
        return done.stdout.strip()

    def _failure(self, verb: str, said: str, next_step: str) -> ApplyError:
        return ApplyError(
            f"{self._name} {verb} failed: {' '.join(said.split())[-_SAID:]}", next_step=next_step
        )


def _answers(program: str, *words: str) -> str | None:
    """Return what a program answers; None when it fails or does not answer in time."""
    try:
        done = subprocess.run(
            [program, *words],
            capture_output=True,
            text=True,
            check=False,
            env=everything(),
            timeout=PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.strip()
