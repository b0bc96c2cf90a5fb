"""Each verb of a model change ends with what to do next, also when it says no."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from trunkline.cli.main import VERBS, run
from trunkline.core.project import Project
from trunkline.forge import PullRequest
from trunkline.loop.gates import judging, reviewing
from trunkline.loop.life import handover
from trunkline.loop.rollout import advancing, promoting

PULL = PullRequest(
    number=7,
    state="open",
    title="As it is",
    body="",
    branch="b",
    base="main",
    created=datetime(2026, 1, 1, tzinfo=UTC),
)
"""What the verbs are made to find or to open."""


def test_each_verb_ends_with_what_comes_next(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    for verb, names in (("snapshot", "make train"), ("train", "make evaluate"), ("evaluate", "make release")):
        assert run(["--project", str(project.root), verb]) == 0
        last = capsys.readouterr().out.strip().splitlines()[-1]
        assert last.startswith("next:")
        assert names in last


def retrained(*_: object, told: Callable[[object], None], **__: object) -> PullRequest:
    """Tell of a bundle, as a retraining does, and return its pull request."""
    told(SimpleNamespace(bundle=SimpleNamespace(digest="sha256:1")))
    return PULL


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("promote", "--stage", "silent"), "make apply"),
        (("rollout",), "make apply"),
        (("retrain",), "make apply"),
        (("judge",), "make release"),
        (("pr", "open"), "make release"),
        (("pr", "merge", "7"), "git pull"),
    ],
)
def test_each_verb_that_leaves_a_pull_request_says_what_becomes_of_it(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    names: str,
) -> None:
    judged = SimpleNamespace(evaluation=SimpleNamespace(verdicts=()), page="report.html")
    monkeypatch.setattr(promoting, "propose_next_stage", lambda *_, **__: PULL)
    monkeypatch.setattr(advancing, "advance", lambda *_, **__: advancing.Advanced("go on", pull_request=PULL))
    monkeypatch.setattr(handover, "retrain_and_tell", retrained)
    monkeypatch.setattr(reviewing, "open_pull_request", lambda *_, **__: PULL)
    monkeypatch.setattr(
        reviewing, "review", lambda *_, **__: SimpleNamespace(judged=judged, pull_request=PULL)
    )
    monkeypatch.setattr(judging, "require_pass", lambda _: None)
    monkeypatch.setattr("trunkline.forge.open_forge", lambda _: SimpleNamespace(merge=lambda _: PULL))
    assert run(["--project", str(project.root), *words]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("next:")
    assert names in last


def test_gates_that_say_no_end_with_the_report_and_a_verb_that_explains(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = project.root / "trunkline.yaml"
    policy.write_text(policy.read_text("utf-8").replace("roc_auc: 0.6", "roc_auc: 0.99"), encoding="utf-8")
    assert run(["--project", str(project.root), "snapshot"]) == 0
    capsys.readouterr()
    assert run(["--project", str(project.root), "evaluate"]) == 3
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.strip().startswith("next:")
    assert ".html" in last
    verb, gate = re.findall(r"trunkline ([a-z]+) (\S+)", last)[0]
    assert verb in VERBS
    assert run(["--project", str(project.root), verb, gate]) == 0


@pytest.mark.parametrize("words", [("pr", "show", "1"), ("issue", "show", "1"), ("card", "7")])
def test_where_there_is_none_yet_the_next_step_is_no_empty_list(
    project: Project, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert run(["--project", str(project.root), *words]) != 0
    said = capsys.readouterr().err
    assert "next: " in said
    assert "one of" not in said
