from __future__ import annotations

import math
from typing import Any

import pytest

from trunkline.core.contract import Column
from trunkline.inputs import input_of


def column(kind: Any, **more: Any) -> Column:
    return Column(name="x", type=kind, **more)


CODED = column("category", categories=("0", "1"), coded=True)
WHOLE = column("integer", minimum=0, maximum=100_000)


@pytest.mark.parametrize(
    ("rule", "value", "kept"),
    [
        (WHOLE, 485, 485),
        (WHOLE, 485.0, 485),
        (WHOLE, -0.0, 0),
        (column("number"), 3, 3.0),
        (column("boolean"), False, False),
        (column("boolean"), "false", False),
        (CODED, 1, 1),
        (CODED, 1.0, 1),
        (column("category", categories=("no", "yes")), "yes", "yes"),
        (column("time"), "2024-05-31T22:30:00+02:00", "2024-05-31T20:30:00"),
        (column("text", nullable=True), None, None),
    ],
)
def test_a_value_comes_back_in_the_columns_type(rule: Column, value: Any, kept: Any) -> None:
    found = input_of(rule).check(value)
    assert (type(found), found) == (type(kept), kept)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (WHOLE, -5), (WHOLE, 100_001), (WHOLE, "485.0"), (WHOLE, "485"), (WHOLE, 485.5), (WHOLE, True), (WHOLE, None),
        (column("integer"), 2.0**53 + 2), (column("integer"), 2**63), (column("integer"), math.nan),
        (column("number"), math.inf), (column("number"), math.nan), (column("number"), "3"), (column("number"), True),
        (column("number"), 2**53 + 1), (column("number"), 10**400), (column("number", maximum=1), 1.5),
        (column("boolean"), 0), (column("boolean"), "False"), (column("boolean"), "no"),
        (CODED, 2), (CODED, True), (CODED, "1"), (CODED, 0.5),
        (column("category", categories=("no", "yes")), "Yes"), (column("category", categories=("1",)), 1),
        (column("text"), 5), (column("time"), "yesterday"), (column("time"), 1717156800),
        (column("time", minimum=0), "1969-12-31"), (column("time", maximum=0), "1970-01-02"),
    ],
)  # fmt: skip
def test_what_is_not_exactly_of_the_type_is_refused(rule: Column, value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        input_of(rule).check(value)


@pytest.mark.parametrize(
    ("rule", "text", "kept"),
    [
        (column("integer"), "3.0", 3), (column("integer"), "-12", -12), (CODED, "1.0", 1), (CODED, "0", 0),
        (column("number"), "1e3", 1000.0), (column("number"), "-.5", -0.5),
        (column("boolean"), "False", False), (column("boolean"), "1", True), (column("boolean"), "0.0", False),
        (column("text"), "00501", "00501"), (column("text"), " x", " x"),
    ],
)  # fmt: skip
def test_a_cell_is_read_where_nothing_is_lost(rule: Column, text: str, kept: Any) -> None:
    found = input_of(rule).check(input_of(rule).parse(text))
    assert (type(found), found) == (type(kept), kept)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "00123"), ("integer", "3.5"), ("integer", " 3"), ("integer", "1_000"), ("integer", "1e3"),
        ("integer", "\u0663"), ("number", "inf"), ("number", "nan"), ("number", "1_0"), ("number", "1,5"),
        ("number", " 1"), ("boolean", "no"), ("boolean", "2"),
    ],
)  # fmt: skip
def test_a_cell_that_would_have_to_be_guessed_is_refused(kind: Any, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        input_of(column(kind)).parse(text)


@pytest.mark.parametrize("kind", ["integer", "number", "boolean"])
def test_a_frames_text_of_very_many_digits_is_no_value(kind: Any) -> None:
    assert input_of(column(kind)).exact("9" * 5000) is None
    assert input_of(column(kind)).exact("-" + "9" * 5000) is None


def test_a_frames_text_is_a_whole_number_up_to_64_bits_whatever_zeros_follow() -> None:
    largest = 2**63 - 1
    assert input_of(column("integer")).exact(f"-{largest}." + "0" * 60) == -largest
    assert input_of(column("integer")).exact(str(largest + 1)) is None
