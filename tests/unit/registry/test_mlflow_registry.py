from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.core.errors import NotFoundError, PolicyError
from trunkline.registry import Place, open_registry


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a b", "a'b"])
def test_names_that_mlflow_or_its_queries_would_trip_over_are_refused(name: str) -> None:
    with pytest.raises(PolicyError, match="name"):
        open_registry("mlflow", Place(clone=Path(), name=name, uri="sqlite:///mlflow.db", limit_mb=1))


def test_what_is_no_digest_is_refused_before_anything_is_opened() -> None:
    place = Place(clone=Path(), name="arrests", uri="sqlite:////nowhere/mlflow.db", limit_mb=1)
    with pytest.raises(NotFoundError, match="64 hexadecimal digits"):
        open_registry("mlflow", place).since("sha256:12")


def test_importing_the_registry_does_not_import_mlflow() -> None:
    code = "import sys, trunkline.registry.mlflow_registry; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
