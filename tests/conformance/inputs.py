"""The suite of input types: subclass it, and give the fixtures `column` and `shifted`."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pydantic import TypeAdapter

from trunkline.core.contract import Column, as_label
from trunkline.inputs import InputType, Value, input_of
from trunkline.inputs.drift import column_drift
from trunkline.inputs.profiles import AnyProfile, added
from trunkline.monitoring import Profile
from trunkline.serving.problems import Refused
from trunkline.serving.requests import RequestModel

# Each type runs the same test with a fixture of its own.
UNCHECKED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
SEEDS = some.lists(some.integers(0, 2**32), max_size=30)


def profile_of(held: InputType, like: AnyProfile | None, values: list[Any]) -> AnyProfile:
    """Return a profile of what the log keeps of values; of a reference without `like`."""
    if like is None:
        return held.summary(values)
    return held.counted(like, [held.logged(value) for value in values])


class InputConformance:
    """Needs `column`, whose values may not be null, and `shifted`: values that it allows and that draws never give."""

    @pytest.fixture
    def held(self, column: Column) -> InputType:
        return input_of(column)

    def world(self, held: InputType, seed: int) -> list[Any]:
        """Return 400 values of one world, others for another seed."""
        random = Random(seed)  # noqa: S311 - no secret
        return [held.drawn(random) for _ in range(400)]

    @pytest.fixture
    def values(self, held: InputType) -> list[Any]:
        return self.world(held, 7)

    def test_the_rule_reads_as_the_end_of_a_sentence(self, held: InputType) -> None:
        assert held.rule()
        assert not held.rule().endswith(".")

    @settings(max_examples=30, deadline=None, suppress_health_check=UNCHECKED)
    @given(seed=some.integers(0, 2**32))
    def test_what_is_drawn_is_taken_at_every_door(self, column: Column, held: InputType, seed: int) -> None:
        value = held.drawn(Random(seed))  # noqa: S311 - no secret
        kept = held.check(value)
        assert kept is not None
        assert held.check(kept) == kept
        jsonschema.validate(value, TypeAdapter(held.annotation()).json_schema())
        assert RequestModel([column]).row(json.dumps({column.name: value}).encode()) == {column.name: value}
        assert held.check(held.parse(as_label(value))) == kept
        assert held.exact(value) == kept

    def test_the_example_and_the_probes_are_allowed(self, held: InputType, values: list[Any]) -> None:
        assert held.check(held.example()) is not None
        for probe in held.probes(set(values[:3])):
            held.check(probe.value)

    def test_what_is_wrong_is_refused_at_every_door(self, column: Column, held: InputType) -> None:
        for value in held.wrong():
            with pytest.raises(ValueError, match=r"."):
                held.check(value)
            with pytest.raises(Refused) as refused:
                RequestModel([column]).row(json.dumps({column.name: value}).encode())
            (problem,) = refused.value.problems
            assert (problem["field"], problem["rule"]) == (column.name, held.rule())
        assert isinstance(held.hint([1]), str)

    def test_null_is_allowed_where_the_contract_says_so(self, column: Column, held: InputType) -> None:
        with pytest.raises(ValueError, match="null"):
            held.check(None)
        nullable = input_of(column.model_copy(update={"nullable": True}))
        assert nullable.check(None) is None
        assert nullable.rule().endswith(", or null")

    def test_a_model_gets_one_value_a_row_and_each_corner_in_the_same_form(
        self, held: InputType, values: list[Any]
    ) -> None:
        encoded = held.encode([*values, None])
        assert encoded.shape == (401,)
        wanted = {"float": np.dtype("float32"), "text": np.dtype(object)}
        assert encoded.dtype == wanted.get(held.tensor, encoded.dtype)
        corners = held.corners(encoded)
        assert corners
        assert all(isinstance(corner.value, float | str | np.generic) for corner in corners)
        rows = np.repeat(encoded[:1], len(corners))
        for place, corner in enumerate(corners):
            rows[place] = corner.value

    def test_a_label_and_its_text_are_the_same(self, held: InputType) -> None:
        for name in held.classes():
            label: Value = held.label(name)
            assert as_label(label) == name

    @settings(max_examples=15, deadline=None, suppress_health_check=UNCHECKED)
    @given(first=SEEDS, second=SEEDS)
    def test_profiles_of_parts_add_up(
        self, held: InputType, values: list[Any], first: list[int], second: list[int]
    ) -> None:
        like = profile_of(held, None, values)
        one, two = (
            [None if seed % 9 == 0 else held.drawn(Random(seed)) for seed in seeds]  # noqa: S311 - no secret
            for seeds in (first, second)
        )
        together = added(profile_of(held, like, one), profile_of(held, like, two))
        whole = profile_of(held, like, one + two)
        assert (
            (together.count, together.nulls)
            == (whole.count, whole.nulls)
            == (len(one + two) - whole.nulls, whole.nulls)
        )
        assert column_drift(held, like, together).keys() == column_drift(held, like, whole).keys()
        for part, shift in column_drift(held, like, whole).items():
            assert column_drift(held, like, together)[part].psi == pytest.approx(shift.psi)

    def test_a_profile_survives_its_journey_and_does_not_grow(
        self, held: InputType, values: list[Any]
    ) -> None:
        like = profile_of(held, None, values)
        short, long = (
            Profile(rows=len(rows), columns={"x": profile_of(held, like, rows)})
            for rows in (values, values * 20)
        )
        assert Profile.from_dict(json.loads(short.canonical()), origin="memory") == short
        assert len(long.canonical()) < len(short.canonical()) + 200

    def test_nothing_private_is_in_a_profile(self, held: InputType, values: list[Any]) -> None:
        written = Profile(rows=400, columns={"x": profile_of(held, None, values)}).line()
        if held.free:
            assert not [value for value in values if str(value) in written]

    def test_the_same_world_does_not_drift_and_another_does(
        self, held: InputType, values: list[Any], shifted: list[Any]
    ) -> None:
        like = profile_of(held, None, values)
        again = profile_of(held, like, self.world(held, 11))
        assert max((shift.psi for shift in column_drift(held, like, again).values()), default=0.0) < 0.25
        for value in shifted:
            held.check(value)
        moved = profile_of(held, like, (shifted * 400)[:400])
        assert max(shift.psi for shift in column_drift(held, like, moved).values()) > 0.25
