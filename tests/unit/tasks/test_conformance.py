"""Our tasks are asked what every task is asked."""

from __future__ import annotations

from typing import Any

import pytest
from conformance.tasks import TaskConformance

from trunkline.core.contract import Column, Contract, Role
from trunkline.tasks import Task, task_of


@pytest.fixture
def task(contract: Contract) -> Task:
    return task_of(contract)


class TestClassification(TaskConformance):
    @pytest.fixture
    def raw(self) -> list[Any]:
        return [["Yes", "No", "Yes", "No"], [[0.2, 0.8], [0.9, 0.1], [0.4, 0.6], [0.7, 0.3]]]

    @pytest.fixture
    def events(self) -> list[dict[str, Any]]:
        return [{"": label} for label in ("Yes", "No", "No", "Yes")]


class TestManyClasses(TaskConformance):
    @pytest.fixture
    def contract(self, many: Contract) -> Contract:
        return many

    @pytest.fixture
    def raw(self) -> list[Any]:
        chances = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7]] * 2
        return [["apple", "pear", "plum"] * 2, chances]

    @pytest.fixture
    def events(self) -> list[dict[str, Any]]:
        return [{"": label} for label in ("apple", "plum", "plum", "pear", "pear", "plum")]


class TestRegression(TaskConformance):
    @pytest.fixture
    def contract(self, regression: Contract) -> Contract:
        return regression

    @pytest.fixture
    def raw(self) -> list[Any]:
        return [[1.0, 2.5, 3.0, 5.0]]

    @pytest.fixture
    def events(self) -> list[dict[str, Any]]:
        return [{"": value} for value in (1.0, 2.0, 3.5, 4.0)]


class TestRanking(TaskConformance):
    @pytest.fixture
    def contract(self) -> Contract:
        return Contract(
            name="shop",
            answer="ranking",
            positive="true",
            columns=(
                Column(name="list", type="text", role=Role.KEY),
                Column(name="user", type="entity", role=Role.USER, seen=True),
                Column(name="item", type="entity", role=Role.ITEM),
                Column(name="taken", type="boolean", role=Role.OUTCOME, categories=("false", "true")),
            ),
        )

    @pytest.fixture
    def raw(self) -> list[Any]:
        items = [["a", "b"], ["b", "a"], ["c", "a"], ["a", "d"]]
        return [items, [[0.9, 0.5], [0.7, 0.2], [0.6, 0.1], [0.5, 0.4]]]

    @pytest.fixture
    def events(self) -> list[dict[str, Any]]:
        return [{"a": True, "b": False}, {"a": True, "b": False}, {"d": True}, {"b": True}]


class TestDetection(TaskConformance):
    @pytest.fixture
    def contract(self) -> Contract:
        held = Column(name="seen", type="boxes", role=Role.OUTCOME, categories=("dog", "cat"))
        return Contract(name="pictures", columns=(Column(name="x", type="number"), held))

    @pytest.fixture
    def raw(self) -> list[Any]:
        dog, cat = [0.0, 0.0, 10.0, 8.0], [5.0, 5.0, 9.0, 9.0]
        return [[["dog", "cat"], [], ["cat"]], [[dog, cat], [], [cat]], [[0.9, 0.4], [], [0.3]]]

    @pytest.fixture
    def events(self) -> list[dict[str, Any]]:
        return [
            {"": "dog 0 0 10 10; cat 5 5 9 10"},
            {"1": "cat 0 0 1 1"},
            {"1": "cat 5 5 9 9", "2": "dog 0 0 9 9"},
        ]
