import sqlite3
from pathlib import Path

import pytest

from trunkline.registry.relocation import PLACEHOLDER, foreign_places, make_absolute, make_relative, path_of


@pytest.fixture
def store() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE experiments (experiment_id INTEGER, artifact_location TEXT)")
    made.execute("CREATE TABLE runs (run_uuid TEXT, artifact_uri TEXT, experiment_id INTEGER)")
    made.execute("CREATE TABLE model_versions (source TEXT, storage_location TEXT)")
    return made


def _uris(store: sqlite3.Connection) -> list[str]:
    return [row[0] for row in store.execute("SELECT artifact_uri FROM runs ORDER BY run_uuid")]


@pytest.mark.parametrize("folder", ["/srv/a project/.trunkline", "/home/ü/.trunkline"])
def test_a_place_goes_from_one_folder_to_another(store: sqlite3.Connection, folder: str) -> None:
    uri = (Path(folder) / "mlartifacts" / "1f" / "artifacts").as_uri()
    store.execute("INSERT INTO runs VALUES ('1', ?, 1)", (uri,))
    store.execute("INSERT INTO runs VALUES ('2', ?, 1)", (f"{folder}/mlartifacts/2f",))

    make_relative(store, Path(folder))
    assert _uris(store) == [f"{PLACEHOLDER}/1f/artifacts", f"{PLACEHOLDER}/2f"]

    make_absolute(store, Path("/other"))
    assert _uris(store) == ["file:///other/mlartifacts/1f/artifacts", "file:///other/mlartifacts/2f"]


@pytest.mark.parametrize(
    "place", ["s3://bucket/mlartifacts/x", "/srv/p/.trunkline/mlartifacts-old/x", "/else"]
)
def test_places_elsewhere_stay(store: sqlite3.Connection, place: str) -> None:
    store.execute("INSERT INTO runs VALUES ('1', ?, 1)", (place,))

    make_relative(store, Path("/srv/p/.trunkline"))

    assert _uris(store) == [place]


def test_the_first_experiment_does_not_tell_where_a_process_was_started(store: sqlite3.Connection) -> None:
    store.execute("INSERT INTO experiments VALUES (0, '/somebody/mlruns/0')")

    make_relative(store, Path("/srv/p/.trunkline"))

    assert store.execute("SELECT artifact_location FROM experiments").fetchall() == [(PLACEHOLDER,)]


def test_versions_are_freed_in_both_their_columns(store: sqlite3.Connection) -> None:
    place = "file:///srv/p/.trunkline/mlartifacts/1f/artifacts/bundle"
    store.execute("INSERT INTO model_versions VALUES (?, ?)", (place, place))

    make_relative(store, Path("/srv/p/.trunkline"))

    freed = f"{PLACEHOLDER}/1f/artifacts/bundle"
    assert store.execute("SELECT * FROM model_versions").fetchall() == [(freed, freed)]


def test_a_uri_and_a_path_name_the_same_place() -> None:
    assert path_of("file:///a%20b") == path_of("/a b") == Path("/a b")


@pytest.mark.parametrize(
    ("place", "foreign"),
    [
        ("http://127.0.0.1:9/steal", True),
        ("S3://bucket/steal", True),
        ("mlflow-artifacts:/1", True),
        (f"{PLACEHOLDER}/1", False),
        ("file:///srv/p/mlartifacts/1", False),
        ("/srv/p/mlartifacts/1", False),
    ],
)
def test_a_place_on_another_server_is_foreign(place: str, foreign: bool) -> None:
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE experiments (experiment_id INTEGER, artifact_location TEXT)")
    store.execute("INSERT INTO experiments VALUES (1, ?)", (place,))
    assert foreign_places(store) == ([place] if foreign else [])
