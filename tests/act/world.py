"""A repository on the stand-in for GitHub, with people who push and merge, and act that runs its workflows."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from standin import Served
from standin.github import Token
from warm import programs

from . import loans
from .runner import REPOSITORY, Run, Runner
from .workflow import permissions

NAME = "acme/loans"
PACKAGE = "loans"
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    """Run git and return what it prints."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *IDENTITY, *words], cwd=folder, env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


@dataclass
class World:
    """The origin, the desk of a person who works with it, and the machine that serves (`home`)."""

    folder: Path
    served: Served
    runner: Runner
    seconds: dict[str, list[float]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    """Pull requests that had a run already."""

    @property
    def origin(self) -> Path:
        """The bare repository."""
        return self.folder / "origin.git"

    @property
    def desk(self) -> Path:
        """The clone in which a person works."""
        return self.folder / "desk"

    @property
    def home(self) -> Path:
        """What stands for `.trunkline` on the machine that serves."""
        return self.folder / "home"

    @classmethod
    def create(cls, folder: Path, served: Served) -> World:
        """Generate the project, put a small model in, push it, and let the stand-in know its workflows."""
        runner = Runner(home=folder / "runs")
        world = cls(folder, served, runner)
        runner.environment |= {
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_API_URL": served.url,
            "STANDIN_ORIGIN": str(world.origin),
            "STANDIN_PYTHON": str(programs()),
            "RUNNER_ENVIRONMENT": "github-hosted",
        }
        # As the project's docs/github.md asks.
        main = [{"name": "main", "type": "branch"}]
        for name in ("automation", "signing", "staging", "production"):
            served.github.environments[name] = {"refs": main}
        served.github.environments["data"] = {"reviewers": ["grace"], "self_review": False}
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(world.origin))
        config = folder / "cookiecutter.yaml"
        config.write_text(f"cookiecutters_dir: {folder}/clones\nreplay_dir: {folder}/replay\n")
        words = [sys.executable, "-m", "cookiecutter", str(REPOSITORY), "--no-input", "project_name=Loans"]
        words += ["--config-file", str(config), "--output-dir", str(folder / "made"), "toolkit=vendored"]
        subprocess.run(words, check=True, capture_output=True)
        (folder / "made" / PACKAGE).rename(world.desk)
        git(world.desk, "remote", "add", "origin", str(world.origin))
        return world

    def __enter__(self) -> World:
        """Return it; in the end what it left serving is told to stop."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the services that runs left: a rehearsal's stays on its runner, which GitHub throws away."""
        left = [
            process for process in psutil.process_iter(["cmdline"]) if self._serves(process.info["cmdline"])
        ]
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        alive = psutil.wait_procs(left, timeout=30)[1]
        assert not alive, f"services that do not stop: {alive}"

    def _serves(self, words: list[str] | None) -> bool:
        return "trunkline.serving" in (words or []) and any(str(self.folder) in word for word in words or [])

    def with_small_model(self) -> World:
        """Put the small model in the example's place and commit it."""
        loans.put_in(self.desk, PACKAGE)
        self.commit("Our own model")
        return self

    def with_serving_machine(self) -> World:
        """Let a self-hosted runner be the machine that serves, and another one judge what is not merged."""
        self.runner.variables |= {
            "TRUNKLINE_RUNNER": "production-machine",
            "TRUNKLINE_JUDGE": "judging-machine",
            "TRUNKLINE_HOME": str(self.home),
        }
        self.runner.environment["RUNNER_ENVIRONMENT"] = "self-hosted"
        return self

    def commit(self, message: str) -> str:
        """Commit everything at the desk and return the commit."""
        git(self.desk, "add", "--all")
        git(self.desk, "commit", "--quiet", "--message", message)
        return git(self.desk, "rev-parse", "HEAD")

    def push(self, branch: str = "main") -> str:
        """Push a branch and return the commit that it had before, zeros where there was none."""
        known = git(self.desk, "ls-remote", "origin", f"refs/heads/{branch}")
        git(self.desk, "push", "--quiet", "--set-upstream", "origin", branch)
        return known.split()[0] if known else "0" * 40

    def branch(self, name: str) -> None:
        """Start a branch at main's newest."""
        git(self.desk, "fetch", "--quiet", "origin")
        git(self.desk, "switch", "--quiet", "--force-create", name, "origin/main", "--no-track")

    def up_to_date(self) -> None:
        """Stand on main's newest."""
        git(self.desk, "switch", "--quiet", "main")
        git(self.desk, "pull", "--quiet", "--ff-only", "origin", "main")

    def trunkline(self, *words: str, check: bool = True, given: Mapping[str, str] | None = None) -> str:
        """Run a verb at the desk, as a person who works on the machine that serves, and return what it printed.

        `given` are variables of that person's own.
        """
        done = subprocess.run(
            [programs() / "trunkline", *words],
            cwd=self.desk,
            env=self.person() | dict(given or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, f"trunkline {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def person(self) -> dict[str, str]:
        """Return the environment of a person who works at the desk."""
        taken = ("GIT_", "GITHUB_", "MAKE", "MFLAGS")
        own = {name: value for name, value in os.environ.items() if not name.startswith(taken)}
        token = self._mint("person", {})
        given = {"GITHUB_API_URL": self.served.url, "GITHUB_REPOSITORY": NAME, "GITHUB_TOKEN": token}
        return own | given | {"TRUNKLINE_HOME": str(self.home)}

    def open_pull_request(self, branch: str, title: str, *, body: str = "") -> int:
        """Push a branch, open its pull request as a person would, and return its number."""
        self.push(branch)

        answer = httpx.post(
            f"{self.served.url}/repos/{NAME}/pulls",
            json={"title": title, "head": branch, "base": "main", "body": body},
            headers={
                "Authorization": f"Bearer {self._mint('person', {})}",
                "Accept": "application/vnd.github+json",
            },
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
        return int(answer.json()["number"])

    def merge(self, number: int, *, unchecked: bool = False) -> str:
        """Merge a pull request as a person would, and return what main was before.

        GitHub asks for the check that the project's ruleset names; an administrator may merge without (`unchecked`).
        """
        rules = json.loads((self.desk / ".github/rulesets/main.json").read_text())["rules"]
        (asked,) = (rule["parameters"] for rule in rules if rule["type"] == "required_status_checks")
        (check,) = asked["required_status_checks"]
        self.served.github.required = "" if unchecked else check["context"]
        before = git(self.desk, "ls-remote", "origin", "refs/heads/main").split()[0]
        answer = httpx.put(
            f"{self.served.url}/repos/{NAME}/pulls/{number}/merge",
            json={"merge_method": "merge"},
            headers={
                "Authorization": f"Bearer {self._mint('person', {})}",
                "Accept": "application/vnd.github+json",
            },
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        self.up_to_date()
        return before

    def look(self) -> None:
        """Ask GitHub for something as a person would: what waits for nothing any more is merged then."""
        headers = {"Authorization": f"Bearer {self._mint('person', {})}"}
        httpx.get(f"{self.served.url}/repos/{NAME}/pulls", headers=headers, timeout=60).raise_for_status()

    def pull(self, number: int) -> dict[str, Any]:
        """Return what GitHub keeps of a pull request or issue."""
        return self.served.github.threads[number]

    def comments(self, number: int) -> list[str]:
        """Return the comments on a pull request or issue."""
        kept = self.served.github.comments.values()
        return [comment["body"] for comment in kept if comment["thread"] == number]

    def on_pull_request(self, number: int) -> Run:
        """Run ci.yml for a pull request: on the merge of its branch into main, as GitHub does."""
        pull = self.pull(number)
        head, branch = pull["sha"] if pull.get("fork") else "", pull["head"]
        head = head or git(self.origin, "rev-parse", f"refs/heads/{branch}")
        clone = self._clone("main")
        git(clone, "fetch", "--quiet", "origin", head)
        git(clone, "checkout", "--quiet", "--detach", "origin/main")
        git(clone, "merge", "--quiet", "--no-ff", "--message", f"Merge {head} into main", head)
        fork = pull.get("fork") or NAME
        payload = self._payload() | {
            "action": "synchronize" if number in self.seen else "opened",
            "number": number,
            "pull_request": {
                "number": number,
                "title": pull["title"],
                "user": {"login": pull["login"], "type": pull["kind"]},
                "head": {"ref": branch, "sha": head, "repo": {"full_name": fork}},
                "base": {"ref": "main"},
            },
        }
        self.seen.add(number)
        # GitHub gives a run for a fork a token that can read and nothing else.
        asked = permissions(clone / ".github/workflows/ci.yml")
        granted = dict.fromkeys(asked, "read") if pull.get("fork") else asked
        return self._run(
            clone,
            "pull_request",
            "ci.yml",
            payload,
            granted,
            head=head,
            branch=branch,
            fork=pull.get("fork", ""),
        )

    def on_push(self, workflow: str, *, before: str) -> Run:
        """Run a workflow for a push to main."""
        clone = self._clone("main")
        payload = self._payload() | {"ref": "refs/heads/main", "before": before}
        return self._run(
            clone, "push", workflow, payload, permissions(clone / ".github/workflows" / workflow)
        )

    def on_schedule(self, workflow: str) -> Run:
        """Run a workflow because its time has come."""
        clone = self._clone("main")
        return self._run(
            clone, "schedule", workflow, self._payload(), permissions(clone / ".github/workflows" / workflow)
        )

    def on_dispatch(
        self, workflow: str, *, branch: str = "main", inputs: Mapping[str, str] | None = None
    ) -> Run:
        """Run a workflow on a branch because somebody asked for it."""
        clone = self._clone(branch)
        payload = self._payload() | {"ref": f"refs/heads/{branch}"}
        return self._run(
            clone,
            "workflow_dispatch",
            workflow,
            payload,
            permissions(clone / ".github/workflows" / workflow),
            inputs=inputs,
            branch=branch,
        )

    def dispatched(self) -> list[Run]:
        """Run the workflows that were started meanwhile, and return their runs."""
        waiting, self.served.github.dispatches = self.served.github.dispatches, []
        return [
            self.on_dispatch(each["workflow"], branch=each["branch"], inputs=each["inputs"])
            for each in waiting
        ]

    def _payload(self) -> dict[str, Any]:
        owner, name = NAME.split("/")
        return {
            "repository": {
                "full_name": NAME,
                "name": name,
                "owner": {"login": owner},
                "default_branch": "main",
                "private": False,
            }
        }

    def _clone(self, branch: str) -> Path:
        clone = self.folder / "clones" / f"{len(list((self.folder / 'clones').glob('*')))}"
        clone.parent.mkdir(exist_ok=True)
        git(self.folder, "clone", "--quiet", "--branch", branch, str(self.origin), str(clone))
        return clone

    def _mint(self, name: str, granted: Mapping[str, str]) -> str:
        token = f"ghs_{name}_{len(self.served.github.tokens)}_standin"
        made = (
            Token(permissions=dict(granted))
            if granted
            else Token(login="ada", kind="User", association="OWNER")
        )
        self.served.github.tokens[token] = made
        return token

    def _run(
        self,
        clone: Path,
        event: str,
        workflow: str,
        payload: Mapping[str, Any],
        granted: Mapping[str, str],
        *,
        head: str = "",
        branch: str = "main",
        fork: str = "",
        inputs: Mapping[str, str] | None = None,
    ) -> Run:
        """Run a workflow with a token that may do what its text asks for, and let the stand-in know the run."""
        token = self._mint(workflow.partition(".")[0], granted)
        run = self.runner.run(
            clone, event, workflow, payload=payload, inputs=inputs, token=token, trusted=not fork
        )
        self.seconds.setdefault(f"{workflow} ({event})", []).append(run.seconds)
        self.served.github.put_run(
            workflow=workflow,
            head_sha=head or git(clone, "rev-parse", "HEAD"),
            head_branch=branch,
            conclusion="success" if run.green else "failure",
            head_repository=fork,
            event=event,
            artifacts={name: zipped(folder) for name, folder in run.artifacts.items()},
        )
        # Of the log nothing follows: act puts stars in a secret's place.
        kept = [path for folder in run.artifacts.values() for path in folder.rglob("*") if path.is_file()]
        assert not [path for path in kept if token.encode() in path.read_bytes()], (
            "an artifact holds the token"
        )
        return run


def zipped(folder: Path) -> bytes:
    """Return a folder as the zip that GitHub would keep of it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return buffer.getvalue()
