"""When a rehearsal passes, and what it tells a pull request's reader."""

from __future__ import annotations

import math

import pytest

from trunkline.loop.release.rehearsing import Rehearsal


def made(*, asked: int = 50, failed: int = 0, wrong: int = 0, problem: str = "") -> Rehearsal:
    """Return a rehearsal of version 3."""
    return Rehearsal(
        version=3,
        bundle="sha256:" + "ab" * 32,
        address="http://127.0.0.1:1",
        asked=asked,
        failed=failed,
        wrong=wrong,
        latency_p95_ms=4.25 if asked > failed else math.nan,
        problem=problem,
    )


def test_a_rehearsal_passes_when_every_row_was_answered_as_the_bundle_answers_it() -> None:
    assert made().passed


@pytest.mark.parametrize("trouble", [{"asked": 0}, {"failed": 1}, {"wrong": 1}, {"failed": 50}])
def test_a_row_without_an_answer_or_with_another_one_fails_it_and_so_does_no_row(
    trouble: dict[str, int],
) -> None:
    assert not made(problem="", **trouble).passed


def test_the_evidence_names_version_bundle_and_how_many_answered() -> None:
    text = made().markdown()
    assert "version 3 (bundle `abababababab`)" in text
    assert "asked 50 test rows over HTTP; 50 answered, 0 of them otherwise" in text
    assert "95 % within 4.2 ms: every answer is the bundle's own" in text


def test_the_evidence_of_a_failure_is_its_first_problem_and_no_praise() -> None:
    text = made(failed=2, wrong=1, problem="status 500: broken").markdown()
    assert "48 answered, 1 of them otherwise" in text
    assert "status 500: broken" in text
    assert "the bundle's own" not in text
