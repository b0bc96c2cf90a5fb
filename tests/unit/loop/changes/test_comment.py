"""Which jobs a report tells of, from what a workflow knows of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import PolicyError
from trunkline.loop.changes.comment import compose, postponed, results_of


def test_the_results_of_jobs_are_read_from_a_workflows_needs() -> None:
    needs = '{"code": {"result": "success", "outputs": {"a": "b"}}, "model": {"result": "failure"}}'
    assert results_of(needs) == {"code": "success", "model": "failure"}


def test_a_call_by_hand_knows_of_no_jobs() -> None:
    assert results_of("") == {}


@pytest.mark.parametrize(
    "garbage",
    ["[]", "[1]", "3", '"code"', "null", '{"code": "success"}', '{"code": {}}', '{"code": null}'],
)
def test_what_is_no_needs_is_refused_with_what_was_found(garbage: str) -> None:
    with pytest.raises(PolicyError, match="not the JSON of a workflow's `needs`") as caught:
        results_of(garbage)
    assert caught.value.value == garbage


@pytest.mark.parametrize("garbage", ["no json", "NaN", "[" * 100_000, '{"code"'])
def test_what_is_no_json_is_refused_too(garbage: str) -> None:
    with pytest.raises(PolicyError, match="--needs is not JSON") as caught:
        results_of(garbage)
    assert caught.value.next_step


def test_a_refusal_shows_the_beginning_of_a_long_text_only() -> None:
    with pytest.raises(PolicyError) as caught:
        results_of("x" * 5000)
    assert caught.value.value == "x" * 80


@pytest.mark.parametrize(
    ("outputs", "later"),
    [
        ('{"model": "true", "rows": "main"}', True),
        ('{"model": "false", "rows": "main"}', False),
        ('{"model": "true", "rows": "live"}', False),
        ("{}", False),
        ("[]", False),
    ],
)
def test_a_model_whose_rows_are_on_main_alone_is_said_to_be_judged_there(outputs: str, later: bool) -> None:
    needs = f'{{"tiers": {{"result": "success", "outputs": {outputs}}}, "model": {{"result": "skipped"}}}}'
    assert postponed(needs) == later
    said = compose(results_of(needs), Path("nowhere"), later=later)
    assert ("judged on main" in said, "not needed" in said) == (later, not later)
