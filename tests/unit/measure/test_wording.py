from __future__ import annotations

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Outcome, Verdict, Waiver
from trunkline.measure.wording import (
    between,
    by_chance,
    columns,
    count,
    join,
    listed,
    measured,
    number,
    outcome_word,
    percent,
)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.8125, "0.812"),
        (-0.0, "0.000"),
        (1e-6, "1e-06"),
        (12345.6, "12,346"),
        (-0.02, "-0.020"),
        (0, "0.000"),
    ],
)
def test_a_number_is_short_and_never_a_wrong_zero(value: float, words: str) -> None:
    assert number(value) == words


def test_a_p_value_is_never_said_to_be_zero() -> None:
    assert by_chance(0.0123) == "p = 0.012"
    assert by_chance(0.0) == "p below 0.001"


def test_a_figure_is_said_with_interval_and_rows() -> None:
    figure = Figure(name="roc_auc", value=0.8, rows=1200, interval=Interval(low=0.75, high=0.85))

    assert measured(figure) == "0.800 (95 % interval 0.750 to 0.850, 1,200 rows)"
    assert between(None) == "no interval"


@pytest.mark.parametrize(
    ("outcome", "blocking", "waived", "words"),
    [
        ("pass", True, False, "PASS"),
        ("fail", True, False, "FAIL"),
        ("fail", True, True, "FAIL, waived"),
        ("inconclusive", False, False, "INCONCLUSIVE, does not block"),
    ],
)
def test_an_outcome_says_whether_it_stops(outcome: Outcome, blocking: bool, waived: bool, words: str) -> None:
    waiver = Waiver(gate="data/*", owner="Ada", reason="known", expires="2027-01-01") if waived else None

    assert (
        outcome_word(Verdict(gate="g", outcome=outcome, reason="", blocking=blocking, waiver=waiver)) == words
    )


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.05, "5 %"),
        (0.07654, "7.65 %"),
        (0.5, "50 %"),
        (0.00001, "below 0.01 %"),
        (0.99999, "above 99.99 %"),
    ],
)
def test_a_share_is_written_as_people_read_it(share: float, text: str) -> None:
    assert percent(share) == text


def test_an_interval_says_its_level() -> None:
    assert between(Interval(low=0.1, high=0.25, level=0.995), percent) == "99.5 % interval 10 % to 25 %"


def test_a_long_list_is_cut() -> None:
    assert listed("abc") == "a, b, c"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


def test_a_figure_names_its_column_even_with_a_colon_in_it() -> None:
    assert columns([Figure(name="jump:at:home", value=1, rows=1)]) == ["at:home"]


def test_numbers_have_nouns_and_parts_are_joined() -> None:
    assert [count(1, "row"), count(1200, "row")] == ["1 row", "1,200 rows"]
    assert [join([]), join(["a"]), join(["a", "b", "c"])] == ["", "a", "a, b and c"]
