"""Every record, made from anything that JSON can say: a record that can be written again, or an error that names it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import trunkline
from trunkline.core.errors import DataError, TrunklineError
from trunkline.core.reading import parse_json
from trunkline.core.record import Record


def records(of: type[Record] = Record) -> Iterator[type[Record]]:
    for kind in of.__subclasses__():
        if kind.__module__.startswith("trunkline."):
            yield kind
        yield from records(kind)


for found in pkgutil.walk_packages(trunkline.__path__, "trunkline."):
    if found.name.split(".")[1] in ("core", "delivery", "forge") and "github" not in found.name:
        importlib.import_module(found.name)
RECORDS = sorted(set(records()), key=lambda kind: kind.__name__)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=25, derandomize=True, database=None, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_a_record_is_made_or_refused(kind: type[Record], data: st.DataObject) -> None:
    keys = st.sampled_from(["schema", *kind.model_fields])
    value = data.draw(ANYTHING | st.dictionaries(keys, ANYTHING, max_size=len(kind.model_fields)))
    refused: TrunklineError | None = None
    try:
        made = kind.from_dict(value, origin="it", error=DataError)
    except TrunklineError as error:
        refused = error
    if refused is not None:
        assert isinstance(refused, DataError)
        assert refused.what.startswith("it")
        assert len(str(refused)) < 20_000
    else:
        assert kind.from_dict(parse_json(made.line(), origin="it"), origin="it") == made
        made.canonical()


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(text=st.text() | st.binary() | st.sampled_from(["[" * 9999, '{"a":' * 9999]))
@example(text="NaN")
@example(text="1e999")
@example(text=b"\xff\xfe")
@example(text="9" * 5000)
@example(text='"\\ud800"')
def test_a_text_is_json_or_refused(text: str | bytes) -> None:
    said = ""
    try:
        parse_json(text, origin="it", error=DataError)
    except DataError as error:
        said = error.what
    assert not said or said.startswith("it is not JSON")
