"""The suite of exporters: subclass it, and give the fixtures `name` and `fitted`, a model that has its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Contract
from trunkline.core.plugins import OURS, plugin
from trunkline.runtimes import open_model
from trunkline.tasks import judging_of
from trunkline.training import Fitted, compare, export, model_frame
from trunkline.training.exporters.exporter import Exported, Exporter

Tables = Mapping[str, Mapping[str, str]]
Written = Callable[[Path], Exported]


class ExporterConformance:
    """Needs `name`, `fitted`, and the project's `contract`, `parts`, `package` and `seal_exported`."""

    @pytest.fixture
    def table(self, name: str) -> Tables:
        """Return where plugins are found: the exporter alone, and the runtime that opens what it writes."""
        return {**OURS, "exporters": {name: OURS["exporters"][name]}}

    @pytest.fixture
    def exporter(self, name: str, table: Tables) -> Exporter:
        made: Exporter = plugin("exporters", name, table=table)()
        return made

    @pytest.fixture
    def written(
        self,
        fitted: Fitted,
        contract: Contract,
        parts: tuple[pd.DataFrame, pd.DataFrame],
        package: Path,
        table: Tables,
    ) -> Written:
        """Return what writes the model into a folder."""
        return lambda folder: export(fitted, contract, parts[1], folder, code=package, table=table)

    def test_the_same_model_gives_the_same_bytes(self, written: Written, tmp_path: Path) -> None:
        one, two = written(tmp_path / "one"), written(tmp_path / "two")
        assert one == two
        assert (tmp_path / "one" / one.model).read_bytes() == (tmp_path / "two" / two.model).read_bytes()

    def test_the_project_s_code_travels_where_it_says_so(
        self, exporter: Exporter, written: Written, tmp_path: Path
    ) -> None:
        written(tmp_path / "one")
        assert (tmp_path / "one" / "code").is_dir() is exporter.code

    def test_the_runtime_that_it_names_answers_as_the_pipeline_does(
        self,
        written: Written,
        fitted: Fitted,
        contract: Contract,
        parts: tuple[pd.DataFrame, pd.DataFrame],
        table: Tables,
        seal_exported: Callable[[Fitted, Exported, Path], Bundle],
        tmp_path: Path,
    ) -> None:
        bundle = seal_exported(fitted, written(tmp_path / "one"), tmp_path / "one")
        rows = parts[1].iloc[:20]
        model = open_model(bundle, table=table)
        try:
            found = model.predict({column.name: rows[column.name].tolist() for column in contract.features})
        finally:
            model.close()
        wanted = judging_of(contract).ask(fitted.pipeline, model_frame(rows, contract))
        assert compare(wanted, found, contract).labels == 0

    def test_a_model_of_a_few_rows_is_tried_without_being_kept(
        self,
        exporter: Exporter,
        fitted: Fitted,
        contract: Contract,
        parts: tuple[pd.DataFrame, pd.DataFrame],
        package: Path,
    ) -> None:
        rows = model_frame(parts[1].iloc[:2], contract)
        size = exporter.check(
            fitted.pipeline,
            contract,
            rows,
            classes=fitted.classes,
            package=package.name,
            export=fitted.export,
        )
        assert size >= 0
