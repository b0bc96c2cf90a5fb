from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.monitors.data import DataMonitor
from trunkline.measure.psi import effect_of
from trunkline.monitoring import Evidence, Profile, Seen, profile_answers, reference_profile
from trunkline.monitoring.by_users import profile_by_users
from trunkline.monitoring.data import Data
from trunkline.predictions import LogWindow, Prediction

Answers = Callable[..., tuple[Prediction, ...]]
Draw = Callable[..., dict[str, list[Any]]]
USERS, EACH = 60, 20


@pytest.fixture
def rows(draw: Draw) -> Callable[[int], dict[str, list[Any]]]:
    """Rows of the stable world of 60 users, each of whom sends the same 20 times."""

    def drawn(seed: int) -> dict[str, list[Any]]:
        return {name: np.repeat(values, EACH).tolist() for name, values in draw(USERS, seed).items()}

    return drawn


@pytest.fixture
def look(rows: Any, contract: Contract, now: datetime, answers: Answers) -> Callable[..., Seen]:
    """Watch as many rows of other users, of whom the log names each or none; `shift` is added to the ages."""

    def looked(seed: int, *, named: bool = True, shift: int = 0) -> Seen:
        before = rows(1000 + seed)
        scores = before.pop("score")
        labels = ["Yes" if score > 0.5 else "No" for score in scores]
        reference = reference_profile(before, contract, labels=labels, scores=scores)
        after = rows(seed)
        given = answers(after | {"age": [age + shift for age in after["age"]]})
        if named:
            given = tuple(one.model_copy(update={"user": f"u{row // EACH}"}) for row, one in enumerate(given))
        window = LogWindow(predictions=given)
        return Data(DataMonitor()).look(
            Evidence("production", now, contract, reference=reference, window=window)
        )

    return looked


def test_users_who_repeat_are_no_drift(look: Callable[..., Seen]) -> None:
    # With 1 % a look, 3 or more of 20 have a chance of 1 in 1,000; counted by row nearly all would be alarms.
    states = [look(seed).state for seed in range(20)]
    assert states.count("alarm") <= 2
    assert [look(seed, named=False).state for seed in range(5)].count("alarm") >= 4


def test_a_shift_of_all_users_is_seen(look: Callable[..., Seen]) -> None:
    seen = look(1, shift=60)
    assert seen.state == "alarm"
    assert "age" in {finding.subject for finding in seen.findings}


def test_groups_of_users_add_up_to_the_whole(
    rows: Any, contract: Contract, answers: Answers, reference: Profile
) -> None:
    given = answers(rows(1))
    named = [one.model_copy(update={"user": f"u{row // EACH}"}) for row, one in enumerate(given)]
    found = profile_by_users(reference, named, contract)
    whole = profile_answers(reference, given, contract)
    assert found.whole.columns["employed"] == whole.columns["employed"]
    assert found.most == EACH
    assert profile_by_users(reference, given, contract).groups == ()


def test_the_effect_of_rows_that_are_the_same_for_each_user_is_their_number() -> None:
    random = np.random.default_rng(1)
    groups = np.zeros((400, 3))
    groups[np.arange(400), random.integers(0, 3, 400)] = 20
    assert effect_of(groups) == pytest.approx(20, rel=0.2)
    assert effect_of(random.multinomial(50, [0.2, 0.3, 0.5], 400).astype(float)) == pytest.approx(1, abs=0.2)
    assert effect_of(np.array([[20.0, 0.0]] * 5), most=20) == 20
