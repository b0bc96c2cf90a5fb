from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from trunkline.training.confinement import Confined
from trunkline.training.worker import read_message, serve, write_message


def wire(*messages: Mapping[str, Any]) -> io.BytesIO:
    stream = io.BytesIO()
    for message in messages:
        write_message(stream, message)
    stream.seek(0)
    return stream


def doubled(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    return {"predictions": [2 * value for value in columns["a"]], "probabilities": None}


def replies(requests: io.BytesIO, guard: Confined | None = None) -> list[Any]:
    answers = io.BytesIO()
    serve(requests, answers, doubled, guard or Confined(()))
    answers.seek(0)
    return list(iter(lambda: read_message(answers), None))


def test_a_message_is_its_length_in_four_bytes_and_json() -> None:
    assert wire({"a": [1, None]}).getvalue() == b"\x00\x00\x00\x0e" + b'{"a":[1,null]}'


def test_each_request_gets_one_reply_in_turn() -> None:
    assert replies(wire({"columns": {"a": [1]}}, {"columns": {"a": [2, 3]}})) == [
        {"predictions": [2], "probabilities": None},
        {"predictions": [4, 6], "probabilities": None},
    ]


def test_a_request_that_fails_is_answered_and_the_next_one_works() -> None:
    first, second = replies(wire({"columns": {"b": [1]}}, {"columns": {"a": [1]}}))
    assert first["error"].startswith("KeyError: 'a'")
    assert second["predictions"] == [2]


def test_a_request_without_columns_is_an_error() -> None:
    assert "error" in replies(wire({"rows": []}))[0]


def test_a_number_that_json_lacks_is_an_error() -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_message(io.BytesIO(), {"predictions": [float("nan")]})


@pytest.mark.parametrize("kept", [0, 2, 6])
def test_input_that_ends_early_ends_the_worker(kept: int) -> None:
    whole = wire({"columns": {"a": [1]}}).getvalue()
    assert replies(io.BytesIO(whole[:kept])) == []


def test_an_error_names_the_files_that_the_model_was_refused() -> None:
    guard = Confined(())
    guard.refused.append("/somewhere/model.bin")
    (reply,) = replies(wire({"columns": {"b": [1]}}), guard)
    assert reply["error"].startswith("KeyError")
    assert "/somewhere/model.bin" in reply["error"]


def test_answers_that_were_given_all_the_same_say_what_was_refused() -> None:
    guard = Confined(())
    guard.refused.append("/somewhere/model.bin")
    assert replies(wire({"columns": {"a": [1]}}), guard)[0]["refused"] == ["/somewhere/model.bin"]
