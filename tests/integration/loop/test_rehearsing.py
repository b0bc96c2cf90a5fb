"""A version rehearsed in staging with a real service: right answers, another model's, none, and none any more."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from trunkline.cli.main import run
from trunkline.core.errors import GateFailed, NotFoundError
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.delivery import LocalTarget
from trunkline.loop.model import snapshots, training
from trunkline.loop.release import rehearsing, releasing
from trunkline.loop.rollout import deploying
from trunkline.loop.versions.named import asked_version
from trunkline.loop.versions.trained import register_trained

from .conftest import DEPLOYMENT, git, make_project, named_on_main, write

SECRETS = {
    "GITHUB_TOKEN": "planted-1",
    "GH_TOKEN": "planted-2",
    "ACTIONS_RUNTIME_TOKEN": "planted-3",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "planted-4",
    "MLFLOW_TRACKING_PASSWORD": "planted-5",
    "TRUNKLINE_SMTP_PASSWORD": "planted-6",
    "RUNNER_TRACKING_ID": "planted-7",
}


def say(_: str) -> None:
    """Keep quiet."""


def register(project: Project) -> int:
    """Commit everything on main, train and register without the gates, and return the version's number."""
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "A model")
    git(project.root, "push", "--quiet", "origin", "main")
    bundle, trained, _ = training.train(project, progress=say)
    version = register_trained(project, bundle, trained)
    named_on_main(project, version, trained)
    return version.number


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with two versions of which nobody serves any; staging's service is stopped afterwards."""
    made = make_project(tmp_path_factory.mktemp("rehearsal") / "loans")
    write(made.root / "deployments/staging.yaml", DEPLOYMENT.replace("production", "staging"))
    assert register(made) == 1
    model = made.root / "src/loans/model.py"
    model.write_text(model.read_text(encoding="utf-8").replace("[0.1, 1.0]", "[0.001]"), encoding="utf-8")
    for name in [name for name in sys.modules if name.partition(".")[0] == "loans"]:
        del sys.modules[name]  # as another process, which reads the file again
    made = Project(made.root)
    assert register(made) == 2
    yield made
    deploying.stop(made, "staging")


def local_target(project: Project, environment: str) -> LocalTarget:
    """Return a target as the process of this machine that it is here."""
    target = deploying.target_of(project, environment)
    assert isinstance(target, LocalTarget)
    return target


class Instead:
    """Staging's target, whose service is another one than it was told to start."""

    def __init__(self, target: LocalTarget, apply: Callable[[LocalTarget, Any, Any], None]) -> None:
        self._target, self._apply = target, apply

    def apply(self, release: Any, bundles: Any) -> None:
        """Do what was planted."""
        self._apply(self._target, release, bundles)

    def __getattr__(self, name: str) -> Any:
        """Do all else as the target does."""
        return getattr(self._target, name)


def plant(monkeypatch: pytest.MonkeyPatch, apply: Callable[[LocalTarget, Any, Any], None]) -> None:
    """Let staging's target do something else."""
    monkeypatch.setattr(
        rehearsing,
        "target_of",
        lambda project, name, **_: Instead(local_target(project, name), apply),
    )


def kill(target: LocalTarget) -> None:
    """Kill the service of a target."""
    service = target.service()
    assert service
    process = service.process()
    assert process
    process.kill()
    process.wait(10)


def test_a_version_that_answers_as_its_bundle_passes(project: Project) -> None:
    made = rehearsing.rehearse(project, number=1, progress=say)
    assert made.passed
    assert (made.version, made.asked, made.failed, made.wrong) == (1, rehearsing.ROWS, 0, 0)
    assert made.latency_p95_ms > 0
    # It goes on serving, to be looked at.
    assert deploying.target_of(project, "staging").address() == made.address


def test_the_newest_version_is_rehearsed_where_none_is_named_and_the_file_stays(project: Project) -> None:
    path = project.deployment("staging")
    before = path.read_bytes()
    assert rehearsing.rehearse(project, progress=say).version == 2
    assert path.read_bytes() == before
    assert git(project.root, "status", "--porcelain") == ""


def test_a_service_with_another_bundle_is_found_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsing.rehearse(project, number=1, progress=say)
    plant(monkeypatch, lambda target, release, bundles: None)
    with pytest.raises(GateFailed, match="Version 2 does not answer in staging as its bundle does") as caught:
        rehearsing.rehearse(project, number=2, progress=say)
    assert "0 of 50 without an answer, " in caught.value.what
    assert "instead of" in caught.value.what


def test_a_service_that_dies_is_found_out(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def apply(target: LocalTarget, release: Any, bundles: Any) -> None:
        target.apply(release, bundles)
        kill(target)

    rehearsing.rehearse(project, number=2, progress=say)
    plant(monkeypatch, apply)
    with pytest.raises(
        GateFailed, match=r"50 of 50 without an answer, 0 otherwise\. First: no answer"
    ) as caught:
        rehearsing.rehearse(project, number=1, progress=say)
    assert "nothing was proposed" in caught.value.next_step


def test_a_version_that_was_never_registered_cannot_be_rehearsed(project: Project) -> None:
    with pytest.raises(NotFoundError, match="9"):
        rehearsing.rehearse(project, number=9, progress=say)


def test_the_service_gets_no_token_of_the_job_and_outlives_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploying.stop(project, "staging")
    monkeypatch.setenv("KEPT_FOR_THE_SERVICE", "planted-8")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    rehearsing.rehearse(project, number=1, progress=say)
    service = local_target(project, "staging").service()
    assert service
    process = service.process()
    assert process
    family = [process, *process.children(recursive=True)]
    for member in family:
        environment = Path(f"/proc/{member.pid}/environ").read_bytes()
        assert b"KEPT_FOR_THE_SERVICE" not in environment
        assert not [name for name, value in SECRETS.items() if f"{name}=".encode() in environment]
        assert not [value for value in SECRETS.values() if value.encode() in environment]
    assert os.getsid(process.pid) != os.getsid(0)


def test_the_verb_keeps_the_evidence_and_names_the_bundle(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    words = [
        "--project",
        str(project.root),
        "ci",
        "rehearse",
        "--to",
        str(tmp_path / "packed"),
        "--version",
        "1",
    ]
    assert run(words) == 0
    said = capsys.readouterr().out
    assert "answers:       each is the bundle's own" in said
    assert "trunkline stop staging" in said.splitlines()[-1]
    text = (tmp_path / "packed/rehearsal.md").read_text(encoding="utf-8")
    bundle = asked_version(project, 1).bundle
    assert f"version 1 (bundle `{short(bundle)}`)" in text
    assert releasing.evidence_in(tmp_path / "packed") == text.strip()
    assert text in summary.read_text(encoding="utf-8")
    assert deploying.target_of(project, "staging").assigned()
    assert run(["--project", str(project.root), "stop", "staging"]) == 0
    assert not deploying.target_of(project, "staging").assigned()


def test_a_rehearsal_that_fails_leaves_no_evidence_and_the_gates_exit_code(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsing.rehearse(project, number=2, progress=say)
    plant(monkeypatch, lambda target, release, bundles: None)
    words = [
        "--project",
        str(project.root),
        "ci",
        "rehearse",
        "--to",
        str(tmp_path / "packed"),
        "--version",
        "1",
    ]
    assert run(words) == GateFailed.exit_code
    assert "does not answer in staging as its bundle does" in capsys.readouterr().err
    assert not (tmp_path / "packed").exists()


def test_a_project_without_any_version_says_what_comes_first(tmp_path: Path) -> None:
    fresh = make_project(tmp_path / "loans")
    with pytest.raises(NotFoundError, match="names no version yet") as caught:
        rehearsing.rehearse(fresh, progress=say)
    assert "trunkline release" in caught.value.next_step


class Odd(ThreadingHTTPServer):
    """A service that answers otherwise than any service of ours, and counts how often it was asked."""

    def __init__(self, replies: Callable[[int], tuple[int, bytes] | None]) -> None:
        super().__init__(("127.0.0.1", 0), OddAnswer)
        self.replies = replies
        self.asked = 0


class OddAnswer(BaseHTTPRequestHandler):
    """One request to it."""

    server: Odd

    def do_POST(self) -> None:
        """Answer what was planted for this request, or hang up."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        planted = self.server.replies(self.server.asked)
        if planted is None:
            return
        self.send_response(planted[0])
        self.end_headers()
        self.wfile.write(planted[1])

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def ask_odd(
    project: Project, replies: Callable[[int], tuple[int, bytes] | None]
) -> tuple[rehearsing.Rehearsal, int]:
    """Ask such a service and return what came of it and how many requests it got."""
    version = asked_version(project, 1)
    rows = snapshots.locked_snapshot(project, progress=say).part("test").head(20)
    with Odd(replies) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_address[1]}"
            made = rehearsing.ask_service(address, project.bundles.get(version.bundle), rows, number=1)
        finally:
            server.shutdown()
            thread.join()
    return made, server.asked


def test_a_service_that_hangs_up_is_given_up_and_what_was_not_asked_counts_as_failed(
    project: Project,
) -> None:
    made, requests = ask_odd(project, lambda _: None)
    assert (requests, made.asked, made.failed, made.wrong) == (rehearsing.GIVE_UP, 20, 20, 0)
    assert made.problem.startswith("no answer: ")
    assert not made.passed


def test_a_service_that_fails_first_and_hangs_up_then_is_given_up_too(project: Project) -> None:
    made, requests = ask_odd(project, lambda place: (500, b"broken") if place <= 7 else None)
    assert (requests, made.failed) == (8, 20)
    assert made.problem == "status 500: broken"


@pytest.mark.parametrize("body", [b"<html>", b"", b"null", b"{}", b"[1]", b'"yes"', b"\xff"])
def test_a_well_done_without_an_answer_in_it_is_no_answer(project: Project, body: bytes) -> None:
    made, requests = ask_odd(project, lambda _: (200, body))
    assert (requests, made.failed, made.wrong, made.passed) == (20, 20, 0, False)
    assert made.problem.startswith("no answer in what it said: ")
