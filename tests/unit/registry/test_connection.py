from __future__ import annotations

import logging
import os

import pytest

from trunkline.registry.connection import speaking


def test_what_the_user_set_wins_and_the_rest_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "11")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    level = logging.getLogger("alembic").level
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    with speaking("https://mlflow.example.org"):
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "11"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"
        assert logging.getLogger("alembic").level == logging.CRITICAL
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "11"
    assert "MLFLOW_HTTP_REQUEST_MAX_RETRIES" not in os.environ
    assert logging.getLogger("alembic").level == level


def test_errors_that_are_not_of_mlflow_pass_unchanged() -> None:
    with pytest.raises(KeyError), speaking("https://mlflow.example.org"):
        raise KeyError("ours")
