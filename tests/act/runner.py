"""One run of one workflow by act, in host mode."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .variables import of_a_run
from .workflow import known_to_act, pins

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
TOOLS = REPOSITORY / ".tools"
SECONDS = 1500


def program() -> str:
    """Return the path of act; empty where there is none."""
    own = TOOLS / "bin" / "act"
    return str(own) if own.is_file() else shutil.which("act") or ""


@dataclass(frozen=True)
class Run:
    """What a run did: its log, the seconds it took, each job's result, and the artifacts it kept, by name."""

    code: int
    log: str
    seconds: float
    jobs: Mapping[str, str]
    artifacts: Mapping[str, Path]
    summary: str
    variables: frozenset[str]
    """Names of the variables that had a value in the job that began last."""

    @property
    def green(self) -> bool:
        """Whether no job failed."""
        return self.code == 0

    def of(self, job: str) -> str:
        """Return the lines of one job's log."""
        return "\n".join(
            line for line in self.log.splitlines() if re.match(rf"\[{re.escape(job)}(-\d+)?\s*\]", line)
        )


@dataclass
class Runner:
    """Runs workflows of a clone. `home` is thrown away; `environment` and `variables` are those of every run."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    engine: str = str(HERE / "engine")
    """A folder with what takes docker's place; empty where the machine's own engine is asked."""
    labels: tuple[str, ...] = ("ubuntu-24.04", "production-machine", "judging-machine")
    count: int = 0

    def run(
        self,
        clone: Path,
        event: str,
        workflow: str,
        *,
        payload: Mapping[str, Any],
        inputs: Mapping[str, str] | None = None,
        token: str,
        trusted: bool = True,
    ) -> Run:
        """Run one workflow file of a clone for an event, with the payload that GitHub would send.

        A run that is not `trusted` gets neither secrets nor variables: GitHub gives a fork's none.
        """
        self.count += 1
        known_to_act(clone / ".github/workflows" / workflow)
        place = self.home / f"run-{self.count}"
        artifacts = place / "artifacts"
        artifacts.mkdir(parents=True)
        sent = place / "event.json"
        sent.write_text(json.dumps(dict(payload) | ({"inputs": dict(inputs)} if inputs else {})))
        words = [program(), event, "--workflows", f".github/workflows/{workflow}", "--eventpath", str(sent)]
        words += ["--concurrent-jobs", "1", "--no-cache-server", "--no-recurse", "--log-prefix-job-id"]
        # As a runner does: an empty folder, into which the stand-in of checkout fetches what is asked for.
        words += ["--no-skip-checkout"]
        words += [f"--platform={label}=-self-hosted" for label in self.labels]
        for pin in sorted(pins(clone / ".github/workflows")):
            folder = HERE / "actions" / pin.partition("@")[0].rpartition("/")[2]
            words += ["--local-repository", f"{pin}={folder}"]
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=clone, capture_output=True, text=True, check=True
        ).stdout.strip()
        own = dict(self.environment)
        given = own | of_a_run(own["GITHUB_REPOSITORY"], workflow, commit, own["GITHUB_API_URL"])
        given |= {
            "STANDIN_ARTIFACTS": str(artifacts),
            "STANDIN_HOME": str(place),
            "STANDIN_ACTIONS": str(HERE / "actions"),
            "STANDIN_CLONE": str(clone),
        }
        for name, value in given.items():
            words += ["--env", f"{name}={value}"]
        for name, value in (self.variables if trusted else {}).items():
            words += ["--var", f"{name}={value}"]
        for name, value in ((self.secrets if trusted else {}) | {"GITHUB_TOKEN": token}).items():
            words += ["--secret", f"{name}={value}"]
        for name, value in (inputs or {}).items():
            words += ["--input", f"{name}={value}"]
        begun = time.monotonic()
        done = subprocess.run(
            words,
            cwd=clone,
            env=self._surroundings(place),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        seconds = time.monotonic() - begun
        log = done.stdout + done.stderr
        (place / "log").write_text(log)
        return Run(
            code=done.returncode,
            log=log,
            seconds=seconds,
            jobs=_jobs(log),
            artifacts={path.name: path for path in artifacts.iterdir()},
            summary="\n".join(re.findall(r"^\[[^\]]*\].*Summary - (.*(?:\n(?!\[).*)*)", log, re.M)),
            variables=_named(place / "environment"),
        )

    def _surroundings(self, place: Path) -> dict[str, str]:
        """Return nothing of this process's environment but what programs need to run."""
        kept = ("LANG", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
        return {name: os.environ[name] for name in kept if name in os.environ} | {
            "PATH": f"{self.engine}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(place),
            "NO_COLOR": "1",
            "XDG_CACHE_HOME": str(place / "cache"),
            # The project's own tests would remove what older runs of these tests left, a runner has nothing of that.
            "PYTEST_DEBUG_TEMPROOT": str(place),
            # Half a minute of each run of `make types` goes into libraries, which are the same in every other one.
            "MYPY_CACHE_DIR": str(REPOSITORY / ".mypy_cache" / "generated"),
        }


def _jobs(log: str) -> dict[str, str]:
    """Return the result of each job that act ran; a job that was skipped is not in its log."""
    found: dict[str, str] = {}
    for job, word in re.findall(r"^\[([\w-]+?)(?:-\d+)?\s*\].*Job (succeeded|failed)", log, re.M):
        if found.get(job) != "failed":
            found[job] = word
    return found


def _named(path: Path) -> frozenset[str]:
    """Return the names that have a value in what `env` printed; none where no job began."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return frozenset(name for name, _, value in (line.partition("=") for line in lines) if value)
