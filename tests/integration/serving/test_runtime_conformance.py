"""Every runtime is asked the same; a further one needs a file and a line in the table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conformance.runtimes import Open, RuntimeConformance

from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.errors import BundleError
from trunkline.core.plugins import OURS
from trunkline.runtimes import Columns, open_model

from .conftest import CONTRACT, LINEAGE

ROWS: Columns = {"age": [20, 60], "employed": ["Yes", "No"], "checks": [None, 3]}


@pytest.fixture
def columns() -> Columns:
    return ROWS


class TestOnnx(RuntimeConformance):
    @pytest.fixture
    def bundle(self, live: Any) -> Bundle:
        made: Bundle = live.add(1)
        return made


@pytest.fixture
def sealed(tmp_path: Path) -> Callable[[], Bundle]:
    """A bundle of the toy runtime."""

    def make() -> Bundle:
        CONTRACT.write(tmp_path / "contract.json")
        (tmp_path / "model.txt").write_text("Yes", encoding="utf-8")
        manifest = BundleManifest(
            name="arrests",
            runtime="constant",
            model="model.txt",
            classes=("No", "Yes"),
            figures=(),
            lineage=LINEAGE,
            files={},
        )
        return seal(tmp_path, manifest)

    return make


class TestToy(RuntimeConformance):
    @pytest.fixture
    def bundle(self, sealed: Callable[[], Bundle]) -> Bundle:
        return sealed()

    @pytest.fixture
    def open_it(self) -> Open:
        return partial(open_model, table={**OURS, "runtimes": {"constant": "toys.constant:Constant"}})


def test_a_bundle_of_a_runtime_that_is_not_there_is_refused_by_its_name(sealed: Callable[[], Bundle]) -> None:
    with pytest.raises(BundleError) as refused:
        open_model(sealed())
    assert refused.value.value == "constant"
