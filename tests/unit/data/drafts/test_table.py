"""A file of rows is read without losing anything, however it was written."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from trunkline.core.errors import DataError
from trunkline.data.drafts import read_table


def written(folder: Path, text: str | bytes, name: str = "rows.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def again(path: Path) -> pd.DataFrame:
    """Read the file as load() will: by the function and the options that were told."""
    table = read_table(path)
    read: pd.DataFrame = getattr(pd, table.function)(path, **table.options)
    pd.testing.assert_frame_equal(read, table.frame)
    return read


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_what_separates_columns_is_told_from_the_lines(tmp_path: Path, separator: str) -> None:
    frame = again(written(tmp_path, f"a{separator}b c{separator}d\n1{separator}x y{separator}3\n"))
    assert list(frame) == ["a", "b c", "d"]


def test_decimal_commas_do_not_separate(tmp_path: Path) -> None:
    frame = again(written(tmp_path, "name;price\nx;1,50\ny;2,25\n"))
    assert frame["price"].tolist() == [1.5, 2.25]


def test_one_column_needs_no_separator(tmp_path: Path) -> None:
    assert again(written(tmp_path, "n\n1\n2\n"))["n"].tolist() == [1, 2]


def test_blanks_behind_commas_and_question_marks_are_no_values(tmp_path: Path) -> None:
    frame = again(written(tmp_path, "age, work\n39, State\n50, ?\n"))
    assert frame["work"].isna().tolist() == [False, True]
    assert frame["work"][0] == "State"


@pytest.mark.parametrize("code", ["00123", "12345678901234567890"])
def test_a_code_keeps_its_digits(tmp_path: Path, code: str) -> None:
    assert again(written(tmp_path, f"zip,n\n{code},1\n99,2\n"))["zip"].tolist() == [code, "99"]


def test_an_old_windows_file_keeps_its_letters(tmp_path: Path) -> None:
    assert again(written(tmp_path, "ort;n\nKöln;1\n".encode("cp1252")))["ort"].tolist() == ["Köln"]


def test_a_mark_of_the_encoding_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert list(read_table(written(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n")).frame) == ["a", "b"]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    assert again(written(tmp_path, gzip.compress(b"a,b\n1,2\n"), "rows.csv.gz"))["b"].tolist() == [2]


def test_json_lines_are_read(tmp_path: Path) -> None:
    assert again(written(tmp_path, '{"a": 1}\n{"a": 2}\n', "rows.jsonl"))["a"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("39,x\n40,y\n", "rows.csv", "names of the columns"),
        ("a,a\n1,2\n", "rows.csv", "one name"),
        ("a,b\n", "rows.csv", "no rows"),
        ("", "rows.csv", "cannot be read"),
        ("{", "rows.jsonl", "cannot be read"),
        ("a", "rows.xlsx", "kind"),
        ("a,b\n1,é\n".encode("utf-16"), "rows.csv", "UTF-8"),
        (b"a,b\n1,\x81\n", "rows.csv", "UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str | bytes, name: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_table(written(tmp_path, text, name))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "rows.csv")
