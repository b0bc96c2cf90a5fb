from __future__ import annotations

import numpy as np
import pytest

from cases import paired_case
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.gates.class_recall import ClassRecall
from trunkline.measure.paired import Paired


def asked(paired: Paired, train: Paired | None = None, reigning: Paired | None = None) -> Verdict:
    return ClassRecall().verdict(paired_case(paired, train, reigning, class_recall=0.05))


def answered(rows: int, share: float, recall: float, *, users: int = 0) -> Paired:
    """Return rows of which a share is positive, and of those a share answered so; negatives are all answered right."""
    truth = np.zeros(rows, dtype=int)
    truth[: round(rows * share)] = 1
    labels = np.zeros(rows, dtype=int)
    labels[: round(rows * share * recall)] = 1
    found = np.stack([np.full(rows, 0.8), np.full(rows, 0.2)], axis=1)
    return Paired(truth, labels, found, ("No", "Yes"), 1, np.arange(rows) * users // rows if users else None)


def many(counts: dict[str, tuple[int, int]]) -> Paired:
    """Return rows of several classes: of each how many there are, and how many of them are answered right."""
    names = tuple(counts)
    truth = np.repeat(np.arange(len(names)), [rows for rows, _ in counts.values()])
    labels = np.concatenate(
        [
            np.where(np.arange(rows) < hits, place, (place + 1) % 2 if place < 2 else 0)
            for place, (rows, hits) in enumerate(counts.values())
        ]
    )
    return Paired(truth, labels, None, names)


@pytest.mark.parametrize("recall", [0.0, 0.005])
def test_a_class_that_is_never_or_nearly_never_answered_stops_a_release(recall: float) -> None:
    found = asked(answered(5000, 0.07, recall))

    assert (found.gate, found.outcome, found.stops) == ("performance/class-recall", "fail", True)
    assert found.reason.startswith("Yes ")
    assert "training.threshold" in found.advice


def test_a_class_that_is_answered_often_enough_passes_with_its_figure() -> None:
    found = asked(answered(1000, 0.07, 0.4))

    assert (found.outcome, found.advice) == ("pass", "")
    figure = next(one for one in found.figures if one.group == "class=Yes")
    assert (figure.value, figure.rows) == (0.4, 70)
    assert figure.interval is not None
    assert figure.interval.low < 0.4 < figure.interval.high


def test_too_few_rows_of_the_class_decide_nothing_and_say_so() -> None:
    found = asked(answered(200, 0.07, 0.0))

    assert (found.outcome, found.stops) == ("inconclusive", False)
    assert "too few rows" in found.reason


def test_the_training_rows_decide_where_the_test_rows_are_too_few() -> None:
    test = answered(200, 0.07, 0.0)

    assert asked(test, answered(800, 0.07, 0.0)).outcome == "fail"
    assert asked(test, answered(800, 0.07, 0.5)).outcome == "inconclusive"


def test_training_rows_are_not_asked_where_the_test_rows_are_enough() -> None:
    found = asked(answered(2000, 0.07, 0.3), answered(6000, 0.07, 0.0))

    assert found.outcome == "pass"


def test_rows_of_few_users_say_less_than_as_many_rows_of_many() -> None:
    rows = answered(3000, 0.07, 0.0)
    few = answered(3000, 0.07, 0.0, users=60)

    assert asked(rows).outcome == "fail"
    assert asked(few).outcome == "inconclusive"


def test_of_many_classes_the_one_that_is_missed_is_named() -> None:
    found = asked(many({"cat": (300, 280), "dog": (300, 250), "owl": (200, 0)}))

    assert (found.outcome, found.reason.split()[0]) == ("fail", "owl")
    assert "training.threshold" not in found.advice


def test_a_class_that_no_test_row_has_is_not_judged() -> None:
    found = asked(many({"cat": (300, 280), "dog": (300, 250), "owl": (0, 0)}))

    assert (found.outcome, found.stops) == ("inconclusive", False)
    assert "owl" in found.reason


def test_what_the_champion_does_is_told_and_does_not_decide() -> None:
    found = asked(answered(5000, 0.07, 0.0), reigning=answered(5000, 0.07, 0.41))

    assert found.outcome == "fail"
    assert "0.411" in found.reason


def test_a_test_part_of_one_class_holds_the_release_up() -> None:
    found = asked(answered(500, 0.0, 0.0))

    assert (found.outcome, found.stops) == ("inconclusive", True)
