"""The state of the stand-in: what a repository on GitHub knows, and what its server is told to do wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .repository import Repository

TOKEN = "standin-token"
FULL = {
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "actions": "write",
    "statuses": "write",
    "metadata": "read",
}
WORKFLOWS = ".github/workflows/"
KEPT = (
    "threads",
    "comments",
    "labels",
    "workflows",
    "runs",
    "artifacts",
    "statuses",
    "dispatches",
    "last",
)
COUNTED = ("pull_request", "push", "merge_group")
"""Events whose runs' checks count for a pull request: those of runs that were asked for by hand do not."""


@dataclass
class Token:
    """Who a token stands for. `permissions` maps areas to "read" or "write"; `uses` counts down to its expiry."""

    permissions: dict[str, str] = field(default_factory=lambda: dict(FULL))
    login: str = "github-actions[bot]"
    kind: str = "Bot"
    association: str = "NONE"
    uses: int | None = None

    def may(self, area: str, level: str) -> bool:
        """Whether it may read or write an area."""
        has = self.permissions.get(area, "")
        return has == "write" or (has == "read" and level == "read")


@dataclass
class Fault:
    """The next `times` requests whose "METHOD path" matches the pattern are answered with this instead.

    With `after`, the request is carried out first, and only its answer is lost.
    """

    pattern: str
    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None
    after: bool = False
    skip: int = 0
    """Matching requests that pass before it begins."""


@dataclass
class GitHub:
    """A repository `owner/name` whose commits lie in the bare repository `origin`."""

    repository: str
    origin: Path
    main: str = "main"
    file: Path | None = None
    """Where the state outlives the process; None keeps it in memory."""
    tokens: dict[str, Token] = field(default_factory=lambda: {TOKEN: Token()})
    threads: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Pull requests and issues by number; a pull request has a `head`."""
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the name in lower case: GitHub's labels know no case."""
    workflows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By file name."""
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    artifacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    """Of commits: sha, context, state, the oldest first."""
    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By name: `reviewers` (logins), `self_review`, `refs` (None for any, "protected", or rows of name and type)."""
    required: str = ""
    """The check without which main takes no merge; empty where no rule asks for one."""
    allows_auto_merge: bool = True
    """Whether the settings let a pull request merge by itself; a new repository's do not."""
    bots_propose: bool = True
    """Whether the settings let workflows open pull requests; a new repository's do not."""
    dispatches: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    """Every request: method, path, query, body, status, and what the description had against it."""
    rate: dict[str, int] = field(
        default_factory=lambda: {"limit": 5000, "remaining": 5000, "reset": 4102444800}
    )
    last: int = 0
    """The newest identifier: numbers of threads are counted by `next_number`."""
    now: datetime | None = None
    """The time, where a test sets it."""

    def __post_init__(self) -> None:
        """Take up what the file holds, where there is one."""
        if self.file and self.file.is_file():
            for key, value in json.loads(self.file.read_text(encoding="utf-8")).items():
                numbered = key in ("threads", "comments", "runs", "artifacts")
                setattr(self, key, {int(name): row for name, row in value.items()} if numbered else value)

    @property
    def git(self) -> Repository:
        """Return the git side."""
        return Repository(self.origin)

    @property
    def owner(self) -> str:
        """Return the owner of the repository."""
        return self.repository.split("/")[0]

    def time(self) -> str:
        """Return the time as GitHub writes it."""
        return (self.now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def next_number(self) -> int:
        """Return the number of the next issue or pull request: both draw from one row."""
        return max(self.threads, default=0) + 1

    def next_id(self) -> int:
        """Return a fresh identifier."""
        self.last += 1
        return self.last

    def requests(self, pattern: str = "") -> list[dict[str, Any]]:
        """Return the requests whose "METHOD path" holds the pattern."""
        return [row for row in self.seen if pattern in f"{row['method']} {row['path']}"]

    def complaints(self) -> list[str]:
        """Return what GitHub's description had against requests and responses."""
        return [f"{row['method']} {row['path']}: {row['wrong']}" for row in self.seen if row["wrong"]]

    def put_run(
        self,
        *,
        workflow: str,
        head_sha: str,
        conclusion: str | None = "success",
        head_repository: str = "",
        artifacts: Mapping[str, bytes] | None = None,
        created: str = "",
        event: str = "pull_request",
        head_branch: str = "main",
        expired: bool = False,
    ) -> int:
        """Add a run of a workflow with its artifacts (name to the bytes of a zip) and return its identifier."""
        self.put_workflow(workflow)
        number = self.next_id()
        self.runs[number] = {
            "workflow": workflow,
            "head_sha": head_sha,
            "head_branch": head_branch,
            "status": "completed" if conclusion else "in_progress",
            "conclusion": conclusion,
            "head_repository": head_repository or self.repository,
            "created_at": created or self.time(),
            "event": event,
        }
        for name, content in (artifacts or {}).items():
            digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
            row = {"run": number, "name": name, "expired": expired, "zip": content.hex(), "digest": digest}
            self.artifacts[self.next_id()] = row
        return number

    def unmet(self, head: str) -> str:
        """Return what GitHub says of the required check when it does not let a commit be merged, empty when it does.

        The newest run that counts and the newest status must both be well, and one of them must be there. Only what
        Actions itself says counts, as the ruleset asks.
        """
        if not self.required:
            return ""
        runs = [
            row["conclusion"]
            for _, row in sorted(self.runs.items())
            if row["head_sha"] == head and row["workflow"] == "ci.yml" and row["event"] in COUNTED
        ]
        states = [
            row["state"]
            for row in self.statuses
            if (row["sha"], row["context"], row["login"]) == (head, self.required, "github-actions[bot]")
        ]
        newest = [*runs[-1:], *states[-1:]]
        if not newest:
            return f'Required status check "{self.required}" is expected.'
        return "" if set(newest) == {"success"} else f'Required status check "{self.required}" is failing.'

    def put_workflow(self, file: str, state: str = "active") -> None:
        """Make a workflow file known, or give it another state when it is."""
        known = self.workflows.setdefault(file, {"id": self.next_id(), "state": state})
        known["state"] = state

    def discover(self) -> None:
        """Make the workflow files of the default branch known."""
        for file in self.git.files(self.main, WORKFLOWS):
            if file.endswith((".yml", ".yaml")) and file not in self.workflows:
                self.put_workflow(file)

    def dump(self) -> dict[str, Any]:
        """Return the whole state as JSON can hold it; no token's name is in it."""
        kept = {name: getattr(self, name) for name in KEPT}
        return kept | {"faults": [asdict(fault) for fault in self.faults]}

    def keep(self) -> None:
        """Write the state to its file, where there is one."""
        if self.file:
            whole = {name: getattr(self, name) for name in KEPT}
            self.file.write_text(json.dumps(whole, indent=1), encoding="utf-8")
