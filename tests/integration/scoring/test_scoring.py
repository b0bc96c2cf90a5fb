"""Rows of files are answered and logged as the service does it, whatever format they have."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trunkline import scoring
from trunkline.core.errors import DataError, NotFoundError, PolicyError
from trunkline.predictions.segments import segments_in

from ..serving.conftest import ROW, Live, Running
from .conftest import ENDINGS, Scoring, made_rows, read_rows, write_rows


@pytest.fixture(params=ENDINGS)
def ending(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_each_row_is_answered_once_in_the_order_of_the_input_and_logged_under_the_same_id(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path, ending: str
) -> None:
    rows = made_rows(34)
    source, target = write_rows(tmp_path / f"in{ending}", rows), tmp_path / f"out{ending}"
    count = scored(source, target).whole(keep=["arrest_id"])
    assert (count.answered, count.rejected) == (34, 0)
    found = read_rows(target)
    assert [int(row["row"]) for row in found] == list(range(34))
    assert [int(row["arrest_id"]) for row in found] == [row["arrest_id"] for row in rows]
    logged = {line["id"]: line for line in live.lines()}
    assert len(logged) == len(live.lines()) == 34
    assert [logged[row["id"]]["inputs"]["age"] for row in found] == [row["age"] for row in rows]
    assert [logged[row["id"]]["outputs"]["prediction"] for row in found] == [
        row["prediction"] for row in found
    ]
    said = [row["probabilities"] for row in found]
    assert [json.loads(one) if isinstance(one, str) else one for one in said] == [
        logged[row["id"]]["outputs"]["probabilities"] for row in found
    ]
    assert not target.with_name(f"{target.name}.rejects.jsonl").exists()
    assert not target.with_name(f"{target.name}.scoring").exists()


def test_answers_are_those_of_the_service_and_logged_alike(
    scored: Callable[..., Scoring], live: Live, start: Callable[..., Running], tmp_path: Path
) -> None:
    rows = made_rows(5)
    same = ("environment", "revision", "version", "bundle", "arm", "inputs", "outputs", "user")
    for ending in ENDINGS:
        source, target = write_rows(tmp_path / f"in{ending}", rows), tmp_path / f"out{ending}"
        scored(source, target).whole()
    answers = start(live).client.post("/predict/batch", json={"rows": rows}).json()["answers"]
    logged = [{name: line[name] for name in same} for line in live.lines()]
    assert len(logged) == 20
    for place, ending in enumerate(ENDINGS):
        found = read_rows(tmp_path / f"out{ending}")
        assert [row["prediction"] for row in found] == [answer["prediction"] for answer in answers]
        assert logged[place * 5 : place * 5 + 5] == logged[15:]


def test_rows_that_break_the_contract_are_rejected_with_the_reason_and_logged_as_rejections(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path, ending: str
) -> None:
    rows = made_rows(25)
    rows[3]["age"], rows[17]["employed"] = 7, "Perhaps"
    source, target = write_rows(tmp_path / f"in{ending}", rows), tmp_path / f"out{ending}"
    count = scored(source, target).whole()
    assert (count.answered, count.rejected) == (23, 2)
    rejects = read_rows(target.with_name(f"{target.name}.rejects.jsonl"))
    assert [(row["row"], row["problems"][0]["field"]) for row in rejects] == [(3, "age"), (17, "employed")]
    assert rejects[0]["problems"][0]["value"] == 7
    assert {int(row["row"]) for row in read_rows(target)} == set(range(25)) - {3, 17}
    assert len(live.lines("rejection")) == 2


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", '{"age": 1, "age": 2}', '{"age": NaN}', "\ud800", '{"x": 1},{"x": 2}', "null"],
)
def test_a_line_that_is_no_row_is_rejected_alone(
    scored: Callable[..., Scoring], tmp_path: Path, line: str
) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good = json.dumps(ROW)
    source.write_bytes("\n".join([good, line, "", good]).encode(errors="surrogatepass"))
    count = scored(source, target).whole()
    assert (count.answered, count.rejected) == (2, 1)
    assert [row["row"] for row in read_rows(target)] == [0, 3]


def test_quotes_newlines_and_marks_of_csv_are_read_across_the_ends_of_pieces(
    scored: Callable[..., Scoring], tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [row | {"note": f'a "{row["age"]}",\nb' if row["age"] % 3 else ""} for row in made_rows(35)]
    write_rows(source, rows)
    source.write_bytes(b"\xef\xbb\xbf" + source.read_bytes().rstrip(b"\n"))
    assert scored(source, target).whole(keep=["note"]).answered == 35
    assert [row["note"] for row in read_rows(target)] == [row["note"] for row in rows]


def test_a_csv_whose_quotes_are_not_doubled_is_refused_and_not_cut_wrongly(
    scored: Callable[..., Scoring], tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    rows = [row | {"note": 'x"' if place == 4 else "x"} for place, row in enumerate(made_rows(40))]
    source.write_text(
        ",".join(rows[0]) + "\n" + "".join(",".join(str(v or "") for v in r.values()) + "\n" for r in rows)
    )
    with pytest.raises(DataError):
        scored(source, tmp_path / "out.csv").whole(leave_out=["note"])


def test_a_csv_row_of_another_length_is_rejected(scored: Callable[..., Scoring], tmp_path: Path) -> None:
    source, target = write_rows(tmp_path / "in.csv", made_rows(3)), tmp_path / "out.csv"
    source.write_text(source.read_text() + "1,2\n")
    assert scored(source, target).whole().rejected == 1


def test_numbers_that_a_frame_holds_as_floats_are_whole_and_infinite_ones_are_rejected(
    scored: Callable[..., Scoring], tmp_path: Path
) -> None:
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    ages = [23.0, float("inf"), 23.5]
    write_rows(source, [ROW | {"age": age, "checks": float("nan")} for age in ages])
    count = scored(source, target).whole()
    assert (count.answered, count.rejected) == (1, 2)


def test_a_folder_of_files_is_one_input_and_each_answer_says_its_file(
    scored: Callable[..., Scoring], tmp_path: Path, ending: str
) -> None:
    folder, target = tmp_path / "in", tmp_path / f"out{ending}"
    folder.mkdir()
    for name in ("a", "b"):
        write_rows(folder / f"{name}{ending}", made_rows(12))
    (folder / "_SUCCESS").touch()
    assert scored(folder, target).whole().answered == 24
    found = [(row["file"], int(row["row"])) for row in read_rows(target)]
    assert found == [(f"in/{name}{ending}", row) for name in ("a", "b") for row in range(12)]
    assert len({row["id"] for row in read_rows(target)}) == 24


def test_a_canary_and_a_silent_challenger_answer_as_they_do_in_the_service(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path
) -> None:
    live.add(2, bias=1.0)
    source = write_rows(tmp_path / "in.jsonl", made_rows(40))
    canary = live.release(1, 2, strategy="canary", share=0.5)
    scored(source, tmp_path / "canary.jsonl", canary).whole()
    assert {line["arm"] for line in live.lines()} == {"champion", "challenger"}
    assert {row["version"] for row in read_rows(tmp_path / "canary.jsonl")} == {1, 2}
    scored(source, tmp_path / "silent.jsonl", live.release(1, 2, strategy="silent")).whole()
    silent = [line for line in live.lines() if line["arm"] == "silent"]
    assert {line["answered"] for line in silent} == {
        row["id"] for row in read_rows(tmp_path / "silent.jsonl")
    }


@pytest.mark.parametrize(
    ("header", "how", "error"),
    [
        ({"employed": "Yes"}, {}, DataError),
        (ROW | {"shoe": 4}, {}, DataError),
        (ROW, {"keep": ["shoe"]}, DataError),
        (ROW, {"leave_out": ["age"]}, DataError),
    ],
)
def test_columns_that_do_not_fit_are_said_before_a_row_is_scored(
    scored: Callable[..., Scoring],
    live: Live,
    tmp_path: Path,
    header: dict[str, Any],
    how: Any,
    error: type[Exception],
) -> None:
    source = write_rows(tmp_path / "in.csv", [header])
    with pytest.raises(error):
        scored(source, tmp_path / "out.csv").whole(**how)
    assert live.lines() == []
    assert not (tmp_path / "out.csv.scoring").exists()


@pytest.mark.parametrize(
    ("source", "target", "error"),
    [
        ("no.csv", "out.csv", NotFoundError),
        ("in.csv", "out.parquet", PolicyError),
        ("in.csv", "out.xlsx", PolicyError),
        ("in.csv.gz", "out.csv", PolicyError),
        ("ftp://a/b.csv", "out.csv", PolicyError),
        ("s3://bucket", "out.csv", PolicyError),
        ("\0", "out.csv", PolicyError),
        ("empty.csv", "out.csv", DataError),
        ("words.parquet", "out.parquet", DataError),
    ],
)
def test_places_and_files_that_cannot_be_scored_are_refused(
    scored: Callable[..., Scoring], tmp_path: Path, source: str, target: str, error: type[Exception]
) -> None:
    write_rows(tmp_path / "in.csv", made_rows(1))
    (tmp_path / "in.csv.gz").touch()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "words.parquet").write_text("no")
    name = source if "://" in source or "\0" in source else str(tmp_path / source)
    with pytest.raises(error):
        scored(name, tmp_path / target).whole()


def test_the_log_of_a_batch_is_closed_segments_that_readers_take(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path
) -> None:
    scored(write_rows(tmp_path / "in.csv", made_rows(31)), tmp_path / "out.csv").whole()
    segments = segments_in(live.logs)
    assert len(segments) == 4
    assert all(segment.closed for segment in segments)


def test_an_input_that_changed_is_not_gone_on_with(scored: Callable[..., Scoring], tmp_path: Path) -> None:
    source = write_rows(tmp_path / "in.csv", made_rows(31))
    run = scored(source, tmp_path / "out.csv").order().run
    address = scoring.address_of(str(source), root=tmp_path)
    scoring.require_same(run, address, {})
    write_rows(source, made_rows(30))
    with pytest.raises(DataError):
        scoring.require_same(run, address, {})
