"""What a run came to, from what its jobs came to."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.forge import PullRequest
from trunkline.loop.changes import conclusion

NOW = datetime(2026, 11, 30, tzinfo=UTC)
WELL = {"tiers": "success", "code": "success", "model": "skipped", "plan": "success", "report": "success"}


@pytest.mark.parametrize(
    ("results", "description", "passed"),
    [
        (WELL, "Everything that the change needs passed", True),
        (WELL | {"model": "failure"}, "Not passed: model", False),
        (WELL | {"model": "cancelled", "code": "failure"}, "Not passed: code, model", False),
        (WELL | {"tiers": "skipped"}, "Not passed: tiers", False),
        (WELL | {"plan": "timed_out"}, "Not passed: plan", False),
        ({}, "Not passed: tiers", False),
    ],
)
def test_a_commit_gets_the_status_of_its_run(
    monkeypatch: pytest.MonkeyPatch, results: dict[str, str], description: str, passed: bool
) -> None:
    said: list[dict[str, Any]] = []

    def set_status(commit: str, **rest: Any) -> bool:
        said.append({"commit": commit, **rest})
        return True

    monkeypatch.setattr(
        conclusion,
        "open_forge",
        lambda _: SimpleNamespace(set_status=set_status, pull_requests=lambda **_: ()),
    )
    assert conclusion.conclude(cast("Project", None), "c0ffee", results, run="https://run") is passed
    assert said == [
        {
            "commit": "c0ffee",
            "name": "pass",
            "passed": passed,
            "description": description,
            "run": "https://run",
        }
    ]


def test_a_commit_that_would_merge_itself_unjudged_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, bool] = {}
    pull = PullRequest(
        number=1, title="", body="", created=NOW, branch="b", base="main", state="open", moved="new"
    )
    forge = SimpleNamespace(
        set_status=lambda commit, *, passed, **_: said.update({commit: passed}),
        pull_requests=lambda **_: (pull,),
    )
    monkeypatch.setattr(conclusion, "open_forge", lambda _: forge)
    assert not conclusion.conclude(cast("Project", None), "new", WELL)
    assert conclusion.conclude(cast("Project", None), "other", WELL)
    assert said == {"new": False, "other": True}
    with pytest.raises(ForgeError):
        conclusion.require_judged(pull)
    conclusion.require_judged(pull.model_copy(update={"moved": ""}))
