"""Records: their schema, their canonical form, and what they refuse."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from trunkline.core.errors import BundleError, StorageError
from trunkline.core.record import Record, as_utc, canonical_json, sha256, short


class Sample(Record):
    SCHEMA: ClassVar[str] = "test/sample/1"

    name: str
    value: float = 0.0


def test_a_record_names_its_schema_first() -> None:
    assert next(iter(Sample(name="a").to_dict().items())) == ("schema", "test/sample/1")


def test_a_record_survives_its_journey() -> None:
    made = Sample(name="é", value=0.1)
    assert Sample.from_dict(made.to_dict(), origin="test") == made


def test_a_record_of_another_schema_is_refused() -> None:
    with pytest.raises(StorageError, match=r"file has schema test/sample/2.*reads test/sample/1"):
        Sample.from_dict({"schema": "test/sample/2", "name": "a"}, origin="file")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"name": "a", "nmae": "b"}, "nmae: it is not known"),
        ({}, "name: it is missing"),
        ({"name": 3}, "name: it takes a text .found 3."),
        ({"name": "a", "value": "much"}, "value: .*found 'much'"),
    ],
)
def test_what_is_wrong_is_named_by_origin_and_key(value: dict[str, Any], words: str) -> None:
    with pytest.raises(BundleError, match=f"the file: {words}"):
        Sample.from_dict(value, origin="the file", error=BundleError)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Sample(name="a", value=value)
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"value": value})


def test_a_record_cannot_be_changed() -> None:
    made = Sample(name="a")
    with pytest.raises(ValidationError, match="frozen"):
        made.name = "b"  # type: ignore[misc]


def test_the_canonical_form_does_not_depend_on_the_order_of_keys() -> None:
    assert (
        canonical_json({"b": 1, "a": "é"}) == canonical_json({"a": "é", "b": 1}) == '{"a":"é","b":1}'.encode()
    )


def test_two_records_that_differ_have_two_digests() -> None:
    assert sha256(Sample(name="a").canonical()) != sha256(Sample(name="b").canonical())


def test_a_digest_says_how_it_was_taken_and_people_read_twelve_digits() -> None:
    digest = sha256(b"")
    assert digest == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert short(digest) == "e3b0c44298fc"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-00:01"])
def test_a_time_that_utc_does_not_have_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="9999"):
        as_utc(datetime.fromisoformat(text))


def test_a_time_is_moved_to_utc() -> None:
    assert (
        as_utc(datetime.fromisoformat("2026-01-01T01:00:00+02:00")).isoformat() == "2025-12-31T23:00:00+00:00"
    )
