from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.mlflow_uri import embedded_folder, without_secrets


def test_the_folder_of_an_embedded_store_is_the_one_of_its_file() -> None:
    assert embedded_folder("sqlite:////srv/project/.trunkline/mlflow.db") == Path("/srv/project/.trunkline")
    assert embedded_folder("sqlite:///mlflow.db") == Path.cwd()


@pytest.mark.parametrize("uri", ["https://mlflow.example.org/x", "postgresql+psycopg2://db/mlflow"])
def test_servers_and_other_databases_have_no_folder(uri: str) -> None:
    assert embedded_folder(uri) is None


@pytest.mark.parametrize("uri", ["", "mlruns", "file:///srv/mlruns", "ftp://x", "htp://host"])
def test_the_file_store_and_nonsense_are_refused_with_the_key(uri: str) -> None:
    with pytest.raises(PolicyError, match=r"registry\.uri") as caught:
        embedded_folder(uri)
    assert caught.value.value == uri


def test_passwords_do_not_get_into_messages() -> None:
    assert without_secrets("https://ada:secret@mlflow.example.org/x") == "https://***@mlflow.example.org/x"
    assert without_secrets("https://mlflow.example.org/x") == "https://mlflow.example.org/x"
