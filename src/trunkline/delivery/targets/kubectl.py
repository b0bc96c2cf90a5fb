"""kubectl: one namespace of a cluster, asked and told by the user's own program and configuration."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trunkline.core.errors import ApplyError, UnavailableError
from trunkline.core.secrets import everything

MANAGER = "trunkline"
"""Whose fields are ours, for server-side apply."""
PATIENCE_S = 60.0
UNREACHED = (
    "unable to connect",
    "connection refused",
    "was refused",
    "no such host",
    "i/o timeout",
    "timed out",
    "tls:",
)
NOT_ADMITTED = ("unauthorized", "must be logged in", "forbidden", "credentials", "does not exist\n")
_SAID = 500
_LOGGED = re.compile(r"[EWIF]\d{4} ")


@dataclass(frozen=True)
class Kubectl:
    """Methods raise UnavailableError where the cluster cannot be reached or does not admit us, else ApplyError."""

    context: str
    namespace: str

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return an object; None where there is none."""
        said = self._call("get", kind, name, "--ignore-not-found", "--output", "json")
        found: dict[str, Any] | None = json.loads(said) if said.strip() else None
        return found

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Make objects be so, by server-side apply; fields that others own and that differ become ours."""
        self._call(*_APPLY, "--filename", "-", given=_listed(objects))

    def differs(self, objects: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether the server would change anything by `apply`."""
        done = self._run("diff", *_APPLY[1:], "--filename", "-", given=_listed(objects))
        if done.returncode > 1:
            raise self._failure("diff", done.stderr)
        return done.returncode == 1

    def delete(self, kinds: str, name: str) -> None:
        """Delete the objects of some kinds (`deployments,services`) with a name, where they are there."""
        self._call("delete", kinds, name, "--ignore-not-found", "--wait=true", "--timeout=60s", patience=90.0)

    def logs(self, selector: str, lines: int) -> str:
        """Return the last lines that pods wrote; empty where there are none."""
        done = self._run("logs", "--selector", selector, f"--tail={lines}", "--prefix", "--timestamps")
        return done.stdout if not done.returncode else ""

    def secret(self, name: str) -> dict[str, str] | None:
        """Return what a Secret holds; None where there is none."""
        found = self.get("secrets", name)
        rows = (found or {}).get("data") or {}
        return None if found is None else {key: base64.b64decode(row).decode() for key, row in rows.items()}

    def _call(self, *words: str, given: str = "", patience: float = PATIENCE_S) -> str:
        done = self._run(*words, given=given, patience=patience)
        if done.returncode:
            raise self._failure(words[0], done.stderr)
        return done.stdout

    def _run(
        self, *words: str, given: str = "", patience: float = PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        program = shutil.which("kubectl")
        if program is None:
            raise UnavailableError(
                "A target of the kind kubernetes needs kubectl, which is not there.", next_step="install it"
            )
        where = [*(("--context", self.context) if self.context else ()), "--namespace", self.namespace]
        try:
            return subprocess.run(
                [program, *where, f"--request-timeout={patience:.0f}s", *words],
                input=given,
                capture_output=True,
                text=True,
                check=False,
                env={**everything(), "KUBECTL_EXTERNAL_DIFF": ""},
                timeout=patience * 2,
            )
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(
                f"kubectl {words[0]} did not answer for {patience * 2:.0f} s.",
                next_step="see whether `kubectl cluster-info` answers",
            ) from error

    def _failure(self, verb: str, said: str) -> ApplyError | UnavailableError:
        # Lines of its own log, as `E1201 09:21:23.290815 ...`, repeat what the last line says.
        lines = [line for line in said.splitlines() if not _LOGGED.match(line)] or said.splitlines()
        text = " ".join(" ".join(lines).split())[:_SAID] or "it says nothing"
        if any(word in f"{said}\n".lower() for word in UNREACHED + NOT_ADMITTED):
            return UnavailableError(
                f"The cluster was not reached, or does not admit us: kubectl {verb}: {text}",
                next_step="see kubectl's configuration (KUBECONFIG, target.context), and docs/targets.md for the"
                " rights that are needed",
            )
        return ApplyError(
            f"kubectl {verb} failed: {text}", next_step=f"run `kubectl {verb}` yourself to see why"
        )


_APPLY = ("apply", "--server-side", "--force-conflicts", f"--field-manager={MANAGER}")


def _listed(objects: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
