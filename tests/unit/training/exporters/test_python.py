from __future__ import annotations

import io
import json
import zipfile
from importlib import metadata
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.preprocessing import FunctionTransformer

from trunkline.core.errors import ExportError
from trunkline.training.exporters.python import (
    canonical,
    dump,
    load,
    requirements,
    untrusted_types,
    without_padding,
)

X = np.random.default_rng(0).normal(size=(80, 3))
Y = np.where(X[:, 0] > 0, "yes", "no").astype(object)


def names(archive: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()


@pytest.mark.parametrize("model", [RandomForestClassifier(4), HistGradientBoostingClassifier(max_iter=4)])
def test_fitted_twice_it_has_the_same_bytes(model: Any) -> None:
    one, two = (clone(model).set_params(random_state=1).fit(X, Y) for _ in range(2))
    assert skops.io.dumps(one) != skops.io.dumps(two)
    assert dump(one) == dump(two)


def test_another_model_has_other_bytes() -> None:
    one, two = (RandomForestClassifier(5, random_state=seed).fit(X, Y) for seed in (1, 2))
    assert dump(one) != dump(two)


@pytest.mark.parametrize("model", [RandomForestClassifier(4), HistGradientBoostingClassifier(max_iter=4)])
def test_it_loads_and_answers_the_same(model: Any) -> None:
    model = clone(model).fit(X, Y)
    content = dump(model)
    again = load(content, untrusted_types(content))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_canonical_form_stays_as_it_is() -> None:
    content = dump(RandomForestClassifier(3, random_state=1).fit(X, Y))
    assert canonical(content) == content


def test_no_memory_address_and_no_time_is_left() -> None:
    archive = zipfile.ZipFile(io.BytesIO(dump(RandomForestClassifier(3, random_state=1).fit(X, Y))))
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert max(len(name) for name in archive.namelist() if name != "schema.json") < len("10000.npy")
    numbers: list[int] = []

    def note(node: dict[str, Any]) -> dict[str, Any]:
        numbers.append(node.get("__id__", 0))
        return node

    json.loads(archive.read("schema.json"), object_hook=note)
    assert max(numbers) <= len(numbers)


def test_one_object_in_two_places_stays_one() -> None:
    shared = np.arange(3.0)
    again = load(dump({"a": shared, "b": shared}), [])
    assert again["a"] is again["b"]


def test_dictionaries_keep_their_order_and_the_types_of_their_keys() -> None:
    given = {10: "ten", 2: "two", "1": "one"}
    assert list(load(dump(given), []).items()) == list(given.items())


def test_sets_are_written_in_one_order() -> None:
    one, two = {0, 8}, {8, 0}
    assert list(one) != list(two)
    assert dump(one) == dump(two)
    assert load(dump(one), []) == {0, 8}


def test_the_unused_bytes_of_a_record_do_not_count() -> None:
    kind = np.dtype([("flag", "u1"), ("value", "f8")], align=True)
    written = io.BytesIO()
    np.save(written, np.array([(1, 2.5), (3, 4.5)], kind))
    clean = without_padding(written.getvalue())
    dirty = bytearray(clean)
    dirty[-15] = 0xAA
    assert bytes(dirty) != clean
    assert without_padding(bytes(dirty)) == clean
    assert np.load(io.BytesIO(clean)).tolist() == [(1, 2.5), (3, 4.5)]


def test_nothing_is_written_twice() -> None:
    content = dump(RandomForestClassifier(3, random_state=1).fit(X, Y))
    assert len(names(content)) == len(set(names(content)))


def test_requirements_are_pinned_and_know_where_types_come_from() -> None:
    found = requirements(["pandera.api.checks.Check", "mine.features.Ratio", "builtins.slice"], "mine")
    assert f"scikit-learn=={metadata.version('scikit-learn')}" in found
    assert f"pandera=={metadata.version('pandera')}" in found
    assert not any(one.startswith(("mine", "builtins")) for one in found)
    assert list(found) == sorted(found, key=str.lower)


@pytest.mark.parametrize("name", ["__main__.double", "notebook.Ratio"])
def test_code_that_does_not_travel_is_refused(name: str) -> None:
    with pytest.raises(ExportError, match="neither in the package mine nor installed"):
        requirements([name], "mine")


def test_the_toolkit_s_own_estimators_need_no_further_package() -> None:
    types = ["trunkline.training.fair_mixture.FairMixture"]
    assert requirements(types, "mine") == requirements([], "mine")


def test_what_skops_cannot_write_is_refused_with_advice() -> None:
    with pytest.raises(ExportError, match="cannot be written") as caught:
        dump(FunctionTransformer(kw_args={"stream": (n for n in range(3))}))
    assert "top level" in caught.value.next_step
