"""The input types, and a toy that takes one file and one line in the table, pass the same suite."""

from __future__ import annotations

import base64
from random import Random
from typing import Any, cast

import pytest
from conformance.inputs import InputConformance

from trunkline.core.contract import Column
from trunkline.core.plugins import OURS
from trunkline.inputs import InputType
from trunkline.inputs.png import plain

WORDS = ("quick", "brown", "fox", "jumps", "over", "lazy", "dog", "nine", "birds", "sing", "near", "stone")


class TestInteger(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="integer", minimum=0, maximum=300, unit="days")

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [299, 300]


class TestNumber(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="number", minimum=-2.5)

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [1e6, 2e6]


class TestBoolean(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="boolean")

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [True]


class TestCategory(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="category", categories=("low", "middle", "high"))

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return ["high"]


class TestCodes(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="category", categories=("0", "1", "7"), coded=True)

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [7]


class TestText(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="text", longest=200)

    def world(self, held: InputType, seed: int) -> list[Any]:
        random = Random(seed)  # noqa: S311 - no secret
        texts = [" ".join(random.choices(WORDS, k=random.randint(3, 8))) for _ in range(400)]
        assert all(held.check(text) == text for text in texts)
        return texts

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return ["order number late", "refund please now", "\u0433\u0434\u0435 \u0437\u0430\u043a\u0430\u0437"]


class TestTime(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="time", minimum=0)

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [f"2024-{month:02d}-{day:02d}T05:00:00Z" for month in range(1, 13) for day in range(1, 28)]


class TestImage(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="image", longest=40_000, maximum=10_000)

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [plain(40, 30, (250, 250, 250))]


class TestBoxes(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="boxes", categories=("dog", "cat"))

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return ["dog 0 0 9 9; cat 3 4 5 6; cat 3 4 5 7"]


class TestPicture(InputConformance):
    @pytest.fixture(autouse=True)
    def line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        # The one line of the table.
        monkeypatch.setitem(cast("dict[str, str]", OURS["inputs"]), "picture", "toys.picture:Picture")

    @pytest.fixture
    def column(self, line: None) -> Column:
        return Column(name="x", type="picture")

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [base64.b64encode(bytes([250] * 4)).decode()]


def test_a_type_that_nobody_offers_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no input type has the name 'picture': use one of integer"):
        Column(name="x", type="picture")


class TestEntity(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="entity")

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [f"new-{number}" for number in range(400)]


class TestNumberedEntity(InputConformance):
    @pytest.fixture
    def column(self) -> Column:
        return Column(name="x", type="entity", coded=True, minimum=1_000_000_000)

    @pytest.fixture
    def shifted(self) -> list[Any]:
        return [2_000_000_000 + number for number in range(400)]
