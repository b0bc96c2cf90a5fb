"""What deepchecks' answers mean for a release."""

from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.policy.gates import DeepchecksGates, Suite
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.deepchecks import CHECKS
from trunkline.evaluation.deepchecks.verdicts import DeepchecksSuite, SuiteAnswers, SuiteCase

SUITE: Suite = "data-integrity"
LEFT_OUT = {"Identifier Label Correlation": "it needs a date"}
CRASH = {"error": "TypeError", "message": "got an unexpected keyword argument 'squared'"}
TOO_FEW = {"error": "NotEnoughSamplesError", "message": "Not enough samples"}


def condition(outcome: str, details: str = "") -> dict[str, Any]:
    """Return an answer with one condition."""
    return {"conditions": [{"name": "condition", "outcome": outcome, "details": details}]}


def ask(
    special: dict[str, dict[str, Any]] | None = None, *, blocking: tuple[str, ...] = (), without: str = ""
) -> Verdict:
    """Return the verdict where all checks hold but the special ones, and `without` did not run."""
    asked = [check.name for check in CHECKS[SUITE] if check.name not in (*LEFT_OUT, without)]
    answers = SuiteAnswers.model_validate(
        {
            "suite": SUITE,
            "version": "0.19.1",
            "checks": [check.name for check in CHECKS[SUITE]],
            "answers": [{"check": name} | (special or {}).get(name, condition("PASS")) for name in asked],
            "seconds": 1.0,
        }
    )
    return DeepchecksSuite().verdict(
        SuiteCase(SUITE, answers, DeepchecksGates(blocking=blocking), LEFT_OUT, 100)
    )


def test_a_healthy_suite_passes_and_says_what_was_not_asked() -> None:
    verdict = ask(blocking=("Data Duplicates",))
    assert (verdict.gate, verdict.outcome, verdict.stops) == ("deepchecks/data-integrity", "pass", False)
    assert verdict.reason == (
        "Of 11 checks 11 hold. Not asked: Identifier Label Correlation (it needs a date)."
    )
    assert verdict.advice == ""
    (figure,) = verdict.figures
    assert (figure.value, figure.rows) == (0.0, 100)


def test_a_condition_that_fails_is_reported_and_does_not_block() -> None:
    verdict = ask({"Data Duplicates": condition("FAIL", "Found 9% duplicate data")})
    assert (verdict.outcome, verdict.blocking) == ("fail", False)
    assert "Failed: Data Duplicates (Found 9% duplicate data)." in verdict.reason
    assert "gates.deepchecks.blocking" in verdict.advice
    assert verdict.figures[0].value == 1.0


def test_a_blocking_condition_that_fails_stops_a_release() -> None:
    verdict = ask(
        {"Data Duplicates": condition("FAIL", "9%"), "Mixed Nulls": condition("FAIL", "two kinds")},
        blocking=("Data Duplicates",),
    )
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Failed and blocking: Data Duplicates (9%). Failed: Mixed Nulls (two kinds)." in verdict.reason


def test_blocking_another_check_does_not_make_this_one_block() -> None:
    assert not ask({"Data Duplicates": condition("FAIL", "9%")}, blocking=("Mixed Nulls",)).stops


def test_a_crash_stops_a_release_whether_or_not_it_was_named() -> None:
    verdict = ask({"Feature Label Correlation": CRASH})
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Crashed: Feature Label Correlation (TypeError: got an unexpected keyword" in verdict.reason


def test_a_condition_that_crashed_is_a_crash() -> None:
    verdict = ask({"Mixed Nulls": condition("ERROR", "Exception in condition: KeyError")})
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Crashed: Mixed Nulls (Exception in condition: KeyError)." in verdict.reason


def test_a_check_that_did_not_run_at_all_is_a_crash() -> None:
    verdict = ask(without="Special Characters")
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Crashed: Special Characters (the installed deepchecks did not run it)." in verdict.reason


@pytest.mark.parametrize("error", ["DatasetValidationError", "ModelValidationError", "NotEnoughSamplesError"])
def test_data_that_a_check_cannot_take_are_inconclusive(error: str) -> None:
    verdict = ask({"Mixed Nulls": {"error": error, "message": "too few"}})
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "Could not say: Mixed Nulls (too few)." in verdict.reason


def test_a_blocking_check_that_could_not_say_stops_a_release_as_inconclusive() -> None:
    verdict = ask({"Mixed Nulls": TOO_FEW}, blocking=("Mixed Nulls",))
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)


def test_a_failure_that_does_not_block_does_not_turn_a_stop_into_a_failure() -> None:
    verdict = ask(
        {"Mixed Nulls": TOO_FEW, "Data Duplicates": condition("FAIL", "9%")}, blocking=("Mixed Nulls",)
    )
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)


def test_a_warning_is_told_and_changes_nothing() -> None:
    verdict = ask({"Mixed Nulls": condition("WARN", "a weak\nsegment")})
    assert verdict.outcome == "pass"
    assert verdict.reason.startswith("Of 11 checks 11 hold. Warned: Mixed Nulls (a weak segment).")


def test_a_warning_of_a_blocking_check_stops_a_release() -> None:
    verdict = ask({"Data Duplicates": condition("WARN", "Found 37%")}, blocking=("Data Duplicates",))
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert verdict.reason.startswith(
        "Of 11 checks 10 hold. Failed and blocking: Data Duplicates (Found 37%)."
    )
    assert "Warned" not in verdict.reason


def test_long_words_are_cut() -> None:
    verdict = ask({"Mixed Nulls": condition("FAIL", "word " * 500)})
    assert len(verdict.reason) < 400
    assert "…)" in verdict.reason


def test_a_suite_without_answers_fails_with_the_reason() -> None:
    verdict = DeepchecksSuite().verdict(
        SuiteCase("model-evaluation", "it had not ended after 900 seconds", DeepchecksGates(), {}, 100)
    )
    assert (verdict.gate, verdict.outcome, verdict.stops) == ("deepchecks/model-evaluation", "fail", True)
    assert verdict.reason == "The suite gave no answers: it had not ended after 900 seconds."
    assert "gates.deepchecks.timeout_s" in verdict.advice
    assert verdict.figures == ()


def test_a_blocking_check_without_any_condition_does_not_hold() -> None:
    verdict = ask({"Data Duplicates": {}}, blocking=("Data Duplicates",))
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Crashed: Data Duplicates (it answered without a condition)." in verdict.reason
