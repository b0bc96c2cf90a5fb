from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from trunkline.core.errors import PolicyError
from trunkline.registry.connection import embedded_folder, speaking, without_secrets


def test_the_folder_of_an_embedded_store_is_the_one_of_its_file() -> None:
    assert embedded_folder("sqlite:////srv/project/.trunkline/mlflow.db") == Path("/srv/project/.trunkline")
    assert embedded_folder("sqlite:///mlflow.db") == Path.cwd()


@pytest.mark.parametrize("uri", ["https://mlflow.example.org/x", "postgresql+psycopg2://db/mlflow"])
def test_servers_and_other_databases_have_no_folder(uri: str) -> None:
    assert embedded_folder(uri) is None


@pytest.mark.parametrize("uri", ["", "mlruns", "file:///srv/mlruns", "ftp://x"])
def test_the_file_store_and_nonsense_are_refused_with_the_key(uri: str) -> None:
    with pytest.raises(PolicyError, match=r"registry\.uri"):
        embedded_folder(uri)


def test_passwords_do_not_get_into_messages() -> None:
    assert without_secrets("https://ada:secret@mlflow.example.org/x") == "https://***@mlflow.example.org/x"
    assert without_secrets("https://mlflow.example.org/x") == "https://mlflow.example.org/x"


def test_what_the_user_set_wins_and_the_rest_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "11")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    level = logging.getLogger("alembic").level
    with speaking("https://mlflow.example.org"):
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "11"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"
        assert logging.getLogger("alembic").level == logging.CRITICAL
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "11"
    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ
    assert logging.getLogger("alembic").level == level


def test_errors_that_are_not_of_mlflow_pass_unchanged() -> None:
    with pytest.raises(KeyError), speaking("https://mlflow.example.org"):
        raise KeyError("ours")
