"""One user is taken out of everything that the log is kept in, and nobody else."""

from __future__ import annotations

import gzip
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.predictions import GroundTruth, Prediction, Rejection
from trunkline.predictions.compaction import compact
from trunkline.predictions.forgetting import forget
from trunkline.predictions.ground_truth import read_truth, record_truth
from trunkline.predictions.pseudonym import VARIABLE, environment_secret, old_pseudonym, pseudonym
from trunkline.predictions.reader import LogReader
from trunkline.predictions.segments import closed_name
from trunkline.predictions.writer import LogWriter

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
NAMES = tuple(pseudonym(b"secret", key) for key in ("ann", "bob", "cy"))


def answer(number: int) -> Prediction:
    return Prediction(
        id=f"p{number}", time=START + timedelta(seconds=number), environment="e", revision="r", version=1,
        bundle="sha256:b", arm="champion" if number % 5 else "silent", inputs={}, outputs={"prediction": 1},
        latency_ms=1.0, user=NAMES[number % 3],
    )  # fmt: skip


@pytest.mark.parametrize("compacted", [False, True])
def test_what_a_user_was_answered_is_in_no_file_any_more_and_the_rest_is(
    tmp_path: Path, compacted: bool
) -> None:
    folder, truth = tmp_path / "log", tmp_path / "truth.jsonl"
    log = LogWriter(folder, size=3000)
    for number in range(30):
        log.append([answer(number)])
    log.append([Rejection(id="r", time=START, environment="e", problems=())])
    log.close()
    record_truth(truth, [GroundTruth(prediction=f"p{number}", value=1, time=START) for number in range(30)])
    if compacted:
        compact(folder, full=1)
    live = LogWriter(folder)
    live.append([answer(number) for number in range(30, 36)])
    gone = {f"p{number}" for number in range(1, 36, 3)}

    assert set(forget(folder, truth, [NAMES[1]])) == gone
    live.append([answer(36)])
    live.close()
    window = LogReader(folder).between()
    left = {f"p{number}" for number in range(37)} - gone
    assert {row.id for row in (*window.predictions, *window.silent)} == left
    assert (len(window.rejections), window.torn) == (1, 0)
    assert read_truth(truth).keys() == {f"p{number}" for number in range(30)} - gone
    assert LogReader(folder).answers_of([NAMES[1]]) == forget(folder, truth, [NAMES[1]]) == ()
    assert not any(NAMES[1].encode() in path.read_bytes() for path in folder.iterdir())


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("wrong", [b'"x":NaN', b'"x":1e999', b'"user":"other"', b'"x":1,', b'"x":\r1'])
def test_a_line_that_only_the_database_reads_as_the_users_is_taken_out_too(
    tmp_path: Path, wrong: bytes, closed: bool
) -> None:
    folder, truth = tmp_path / "log", tmp_path / "truth.jsonl"
    folder.mkdir()
    line = answer(1).line().encode()
    lines = line.strip().removesuffix(b"}") + b"," + wrong + b"}\n" + answer(2).line().encode()
    name = closed_name("a", START, START) if closed else "a.jsonl"
    (folder / name).write_bytes(gzip.compress(lines) if closed else lines)
    truth.write_bytes(b'{"prediction":"p1","value":NaN}\n' + b'{"prediction":"p2","value":1}\n')
    assert forget(folder, truth, [NAMES[1]]) == ("p1",)
    assert LogReader(folder).answers_of([NAMES[1]]) == ()
    assert [row.id for row in LogReader(folder).between().predictions] == ["p2"]
    assert truth.read_bytes().strip() == b'{"prediction":"p2","value":1}'


def test_a_line_that_cannot_be_taken_out_is_said_and_named(tmp_path: Path) -> None:
    # The database passes over what marks the order of bytes, and who rewrites the file does not.
    line = "\ufeff" + answer(1).line().strip()
    path = tmp_path / closed_name("s", START, START + timedelta(minutes=1))
    path.write_bytes(gzip.compress(line.encode() + b"\n"))
    with pytest.raises(StorageError) as caught:
        forget(tmp_path, tmp_path / "truth.jsonl", [NAMES[1]])
    assert caught.value.value == "p1"
    assert LogReader(tmp_path).answers_of([NAMES[1]]) == ("p1",)


def test_a_log_that_is_not_there_holds_nobody(tmp_path: Path) -> None:
    assert forget(tmp_path / "none", tmp_path / "truth", ["x"]) == ()


def test_the_secret_is_made_once_and_for_nobody_else_to_read(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "production"
    first = environment_secret(path, {})
    assert environment_secret(path, {}) == first != environment_secret(tmp_path / "secrets" / "staging", {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {found.name for found in path.parent.iterdir()} == {"production", "staging"}
    assert environment_secret(path, {VARIABLE: "x" * 40}) == b"x" * 40


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40])
def test_a_secret_that_hides_nobody_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(StorageError):
        environment_secret(path, {})


def test_where_no_secret_can_be_made_the_variable_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as caught:
        environment_secret(tmp_path / "file" / "secret", {})
    assert VARIABLE in str(caught.value.next_step)


def test_a_pseudonym_tells_users_apart_and_not_who_they_are() -> None:
    assert pseudonym(b"s", None) == ""
    assert len({pseudonym(secret, key) for secret in (b"s", b"t") for key in ("7", "8")}) == 4
    # Pinned: another formula would give every user another name in the log.
    assert pseudonym(b"secret", "7") == "074d7db5790cd48f87f3735d285a3f4c"
    assert old_pseudonym("pepper", "7") == "1b44481921a511e3"
