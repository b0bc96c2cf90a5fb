"""Errors say who must act, and each has an exit code of its own."""

from __future__ import annotations

import inspect
from typing import get_args

import pytest

from trunkline.core import errors
from trunkline.core.errors import (
    Actor,
    PolicyError,
    StorageError,
    TrunklineError,
    UnavailableError,
    of_system,
)

CLASSES = [
    found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, TrunklineError)
]


def test_exit_codes_are_unique() -> None:
    codes = [found.exit_code for found in CLASSES]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("found", CLASSES)
def test_exit_codes_are_neither_success_nor_a_wrong_call_nor_a_shells_own(
    found: type[TrunklineError],
) -> None:
    assert found.exit_code not in (0, 2)
    assert 0 < found.exit_code < 64


@pytest.mark.parametrize("found", CLASSES)
def test_every_error_says_who_must_act_and_when(found: type[TrunklineError]) -> None:
    assert found.actor in get_args(Actor)
    assert found.__doc__


@pytest.mark.parametrize("found", [found for found in CLASSES if found is not TrunklineError])
def test_every_error_sets_its_own_code(found: type[TrunklineError]) -> None:
    assert "exit_code" in vars(found)
    assert "actor" in vars(found)


def test_an_error_reads_as_what_happened_the_value_and_the_next_step() -> None:
    error = PolicyError("No such metric.", value="roc_auk", next_step="edit trunkline.yaml")
    assert str(error) == "No such metric. Found: 'roc_auk'. Next: edit trunkline.yaml"
    assert (error.what, error.value, error.next_step) == (
        "No such metric.",
        "roc_auk",
        "edit trunkline.yaml",
    )


def test_what_is_not_known_is_left_out() -> None:
    assert str(PolicyError("No such metric.")) == "No such metric."
    assert str(PolicyError("Too small.", value=0)) == "Too small. Found: 0."


@pytest.mark.parametrize(
    "value", ["x" * 10_000, ["x" * 1000] * 1000, {n: n for n in range(10_000)}, [[[[[[1]]]]]]]
)
def test_a_value_is_shown_in_a_few_words_however_long_it_is(value: object) -> None:
    assert len(str(PolicyError("Too long.", value=value))) < 10_000


@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (FileNotFoundError(2, "No such file or directory", "a.yaml"), StorageError),
        (IsADirectoryError(21, "Is a directory", "a.yaml"), StorageError),
        (OSError(28, "No space left on device"), StorageError),
        (ConnectionRefusedError(111, "Connection refused"), UnavailableError),
        (TimeoutError("timed out"), UnavailableError),
    ],
)
def test_what_the_system_refuses_says_who_must_act_and_names_the_path(
    refused: OSError, kind: type[TrunklineError]
) -> None:
    error = of_system(refused)
    assert type(error) is kind
    assert error.next_step
    assert refused.filename is None or refused.filename in error.what


def test_a_whole_number_of_more_digits_than_python_writes_is_shown_too() -> None:
    assert "very long int" in str(PolicyError("Too long.", value=10**5000))
