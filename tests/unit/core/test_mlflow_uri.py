from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from trunkline.core.errors import BundleError, PolicyError
from trunkline.core.mlflow_uri import (
    embedded_database,
    embedded_folder,
    embedded_uri,
    placed,
    require_near,
    without_secrets,
)


def test_the_folder_of_an_embedded_store_is_the_one_of_its_file() -> None:
    assert embedded_folder("sqlite:////srv/project/.trunkline/mlflow.db") == Path("/srv/project/.trunkline")
    assert embedded_folder("sqlite:///mlflow.db") == Path.cwd()


@pytest.mark.parametrize("uri", ["https://mlflow.example.org/x", "postgresql+psycopg2://db/mlflow"])
def test_servers_and_other_databases_have_no_folder(uri: str) -> None:
    assert embedded_folder(uri) is None


@pytest.mark.parametrize(
    "uri", ["", "mlruns", "file:///srv/mlruns", "ftp://x", "htp://host", "http://", "sqlite:///", "sqlite://"]
)
def test_the_file_store_and_nonsense_are_refused_with_the_key(uri: str) -> None:
    with pytest.raises(PolicyError, match=r"registry\.uri") as caught:
        embedded_folder(uri)
    assert caught.value.value == uri


def test_passwords_do_not_get_into_messages() -> None:
    assert without_secrets("https://ada:secret@mlflow.example.org/x") == "https://***@mlflow.example.org/x"
    assert without_secrets("https://mlflow.example.org/x") == "https://mlflow.example.org/x"


@pytest.mark.parametrize(
    "uri", ["http://[::1", "http://host:port/", "http://host:99999999", "http://\u2100/"]
)
def test_an_address_that_cannot_be_read_is_refused_with_the_key(uri: str) -> None:
    with pytest.raises(PolicyError, match=r"registry\.uri"):
        embedded_folder(uri)
    assert without_secrets(uri) == uri


STRANGE = (
    "50%",
    "50% off",
    "a%20b",
    "100%25",
    "#1",
    "why?",
    "ü",
    "a b",
    "a+b",
    "a;b",
    "it's",
    "a&b=c",
    "a@b",
    "a:b",
)


@pytest.mark.parametrize("name", STRANGE)
def test_a_path_comes_back_from_its_uri_as_it_was_and_as_sqlalchemy_reads_it(name: str) -> None:
    database = Path("/srv") / name / "mlflow.db"
    uri = embedded_uri(database)
    assert embedded_database(uri) == database
    assert make_url(uri).database == str(database)
    assert not make_url(uri).query


def test_a_relative_path_is_the_projects_and_not_that_of_the_folder_one_stands_in() -> None:
    root = Path("/srv/50% #1")
    assert embedded_database(placed("sqlite:///.trunkline/a.db", root)) == root / ".trunkline" / "a.db"
    assert placed("sqlite:////srv/a.db?mode=ro", root) == "sqlite:////srv/a.db?mode=ro"
    assert placed("https://mlflow.example.org", root) == "https://mlflow.example.org"


@pytest.mark.parametrize("source", ["file:///srv/secret", "/srv/secret", "runs:/1/bundle", "http://other/a"])
def test_a_servers_version_that_leads_to_this_machine_or_another_host_is_refused(source: str) -> None:
    with pytest.raises(BundleError):
        require_near(source, "https://mlflow.example.org", error=BundleError)


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "postgresql://db.example.org/mlflow"])
def test_a_store_without_a_server_has_its_files_on_a_disk(uri: str) -> None:
    require_near("file:///srv/artifacts/bundle", uri, error=BundleError)
