from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.core.errors import BundleError, NotFoundError, PolicyError
from trunkline.registry import Place, open_registry
from trunkline.registry.mlflow_registry import require_near


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "a b", "a'b"])
def test_names_that_mlflow_or_its_queries_would_trip_over_are_refused(name: str) -> None:
    with pytest.raises(PolicyError, match="name"):
        open_registry("mlflow", Place(clone=Path(), name=name, uri="sqlite:///mlflow.db", limit_mb=1))


def test_what_is_no_digest_is_refused_before_anything_is_opened() -> None:
    place = Place(clone=Path(), name="arrests", uri="sqlite:////nowhere/mlflow.db", limit_mb=1)
    with pytest.raises(NotFoundError, match="64 hexadecimal digits"):
        open_registry("mlflow", place).since("sha256:12")


@pytest.mark.parametrize("source", ["file:///srv/secret", "/srv/secret", "runs:/1/bundle", "http://other/a"])
def test_a_servers_version_that_leads_to_this_machine_or_another_host_is_refused(source: str) -> None:
    with pytest.raises(BundleError):
        require_near(source, "https://mlflow.example.org")


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "postgresql://db.example.org/mlflow"])
def test_a_store_without_a_server_has_its_files_on_a_disk(uri: str) -> None:
    require_near("file:///srv/artifacts/bundle", uri)


def test_importing_the_registry_does_not_import_mlflow() -> None:
    code = "import sys, trunkline.registry.mlflow_registry; sys.exit('mlflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
