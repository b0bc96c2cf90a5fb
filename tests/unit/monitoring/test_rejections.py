from __future__ import annotations

from collections.abc import Callable

from trunkline.core.contract import Contract
from trunkline.monitoring.rejections import rejection_findings
from trunkline.predictions import LogWindow, Prediction, Rejection

Answer = Callable[..., Prediction]
Reject = Callable[..., Rejection]


def _window(answer: Answer, rejections: list[Rejection], requests: int = 380) -> LogWindow:
    answers = tuple(answer(row) for row in range(requests - len(rejections)))
    return LogWindow(predictions=answers, rejections=tuple(rejections))


def test_the_field_the_value_and_the_rule_are_named_with_their_counts(
    contract: Contract, answer: Answer, rejection: Reject
) -> None:
    window = _window(answer, [rejection(row) for row in range(31)])
    total, kind = rejection_findings(window, contract, 0.02)
    assert (total.subject, total.detail) == ("requests", "31 of 380 requests broke the contract")
    assert total.interval is not None
    assert total.interval.low > 0.02
    assert (kind.subject, kind.detail) == (
        "employed",
        "'Part-time' is not one of No, Yes: 31 of 380 requests",
    )


def test_a_share_that_chance_explains_is_tolerated(
    contract: Contract, answer: Answer, rejection: Reject
) -> None:
    # 12 of 380 are 3.2%, but the interval reaches down to 1.8%.
    assert rejection_findings(_window(answer, [rejection(row) for row in range(12)]), contract, 0.02) == ()


def test_no_requests_are_no_rejections(contract: Contract) -> None:
    assert rejection_findings(LogWindow(), contract, 0.0) == ()


def test_the_most_frequent_kind_comes_first_and_many_values_are_cut(
    contract: Contract, answer: Answer, rejection: Reject
) -> None:
    rule = "a whole number from 10 to 90 (years)"
    ages = [rejection(row, {"field": "age", "value": row % 5, "rule": rule}) for row in range(50)]
    findings = rejection_findings(
        _window(answer, [*ages, *(rejection(row) for row in range(20))]), contract, 0.02
    )
    assert [finding.subject for finding in findings] == ["requests", "age", "employed"]
    assert findings[1].detail == f"0, 1, 2 and 2 more is not {rule}: 50 of 380 requests"


def test_a_request_that_breaks_a_rule_in_many_rows_counts_once(
    contract: Contract, answer: Answer, rejection: Reject
) -> None:
    problem = {"field": "age", "value": -1, "rule": "a whole number"}
    batches = [rejection(row, problem | {"row": 0}, problem | {"row": 1}) for row in range(40)]
    assert rejection_findings(_window(answer, batches), contract, 0.02)[1].detail.endswith(
        "40 of 380 requests"
    )


def test_keys_are_never_shown_and_long_values_are_cut(
    contract: Contract, answer: Answer, rejection: Reject
) -> None:
    secret = rejection(1, {"field": "case", "value": "AB-1234", "rule": "a whole number"})
    long = rejection(2, {"field": "employed", "value": "x" * 500, "rule": "one of No, Yes"})
    details = " ".join(
        one.detail for one in rejection_findings(_window(answer, [secret, long], 2), contract, 0.0)
    )
    assert "AB-1234" not in details
    assert "a value is not a whole number" in details
    assert "x" * 50 not in details


def test_an_unknown_field_reads_as_a_sentence(contract: Contract, answer: Answer, rejection: Reject) -> None:
    one = rejection(1, {"field": "agee", "value": "(withheld)", "rule": "no field of the contract"})
    assert (
        "is no field of the contract"
        in rejection_findings(_window(answer, [one], 1), contract, 0.0)[1].detail
    )
