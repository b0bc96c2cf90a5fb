"""Sentences from reviews: a model is worse in a domain that it never read, and that is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from trunkline.data import split_rows
from trunkline.monitoring.data import Data
from trunkline.monitoring.performance import Performance

pytestmark = pytest.mark.usefixtures("real_data")


@dataclass(frozen=True)
class Reviews:
    """The locked parts, and a model of phones and restaurants alone."""

    use_case: Any
    train: pd.DataFrame
    test: pd.DataFrame
    films: pd.DataFrame
    model: Any


@pytest.fixture(scope="module")
def kept() -> dict[str, Reviews]:
    """What was made for an earlier test."""
    return {}


@pytest.fixture
def reviews(use_case: Callable[[str], Any], real_data: None, kept: dict[str, Reviews]) -> Reviews:
    """Sentences of all three domains, and a model that never read of films."""
    if not kept:
        made = use_case("sentiment")
        rows = made.rows()
        known = rows[rows["source"] != "imdb"].reset_index(drop=True)
        parts = split_rows(known, made.contract, made.policy.data.split)
        train = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
        films = rows[rows["source"] == "imdb"].sample(frac=1, random_state=7).reset_index(drop=True)
        model = made.fit(train, "logistic-regression", C=10.0)
        kept["reviews"] = Reviews(made, train, parts["test"], films, model)
    return kept["reviews"]


def test_accuracy_is_reported_by_domain_and_is_worse_where_nothing_was_learned(reviews: Reviews) -> None:
    asked = pd.concat([reviews.test, reviews.films.head(500)], ignore_index=True)
    found = reviews.use_case.judged(reviews.model, reviews.train, asked)
    accuracy = {
        name: found[f"performance/slice:{name}:accuracy"].figures[0].value
        for name in ("phones", "restaurants", "films")
    }

    assert min(accuracy["phones"], accuracy["restaurants"]) >= 0.8
    assert accuracy["films"] < 0.78


def test_a_model_of_shuffled_moods_is_stopped(reviews: Reviews) -> None:
    moods = reviews.train["mood"].sample(frac=1, random_state=1).to_numpy()
    shuffled = reviews.use_case.fit(reviews.train.assign(mood=moods), "naive-bayes")
    found = reviews.use_case.judged(shuffled, reviews.train, reviews.test)

    assert {gate for gate, verdict in found.items() if verdict.stops} >= {
        "performance/floor:accuracy",
        "performance/baseline",
    }


def test_the_same_domains_are_quiet(reviews: Reviews) -> None:
    watching = reviews.use_case.policy.monitoring
    for monitor in (Data(watching.data), Performance(watching.performance)):
        signal = reviews.use_case.watch(monitor, reviews.model, reviews.test, reviews.test.tail(400))
        assert signal.state != "alarm", signal.summary


def test_when_only_films_are_written_of_there_is_an_alarm(reviews: Reviews) -> None:
    watching = reviews.use_case.policy.monitoring
    live = reviews.films.head(500)
    signal = reviews.use_case.watch(Data(watching.data), reviews.model, reviews.train, live)

    assert signal.state == "alarm"
    assert "source" in {finding.subject for finding in signal.findings}
    # Films take longer sentences: the text itself tells, also where nobody sends the domain.
    assert "sentence" in {finding.subject for finding in signal.findings}


def test_the_fall_in_the_new_domain_is_found_by_the_performance_monitor(reviews: Reviews) -> None:
    watching = reviews.use_case.policy.monitoring
    signal = reviews.use_case.watch(
        Performance(watching.performance), reviews.model, reviews.test, reviews.films
    )

    assert signal.state == "alarm"
