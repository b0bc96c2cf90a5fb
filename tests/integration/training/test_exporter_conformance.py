"""Every exporter is asked the same; a further one needs a file and a line in the table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conformance.exporters import ExporterConformance, Tables
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError
from trunkline.core.plugins import OURS
from trunkline.training import Fitted, export

Fit = Callable[[str | Any, Any], Fitted]


class TestOnnx(ExporterConformance):
    @pytest.fixture
    def name(self) -> str:
        return "onnx"

    @pytest.fixture
    def fitted(self, fit: Fit) -> Fitted:
        return fit("scaled", LogisticRegression())


class TestPython(ExporterConformance):
    @pytest.fixture
    def name(self) -> str:
        return "python"

    @pytest.fixture
    def fitted(self, fit: Fit, own: Any) -> Fitted:
        return fit(own, LogisticRegression())


class TestToy(ExporterConformance):
    @pytest.fixture
    def name(self) -> str:
        return "one-word"

    @pytest.fixture
    def table(self, name: str) -> Tables:
        ours = {
            "exporters": {name: "toys.one_word:OneWord"},
            "runtimes": {"constant": "toys.constant:Constant"},
        }
        return {**OURS, **ours}

    @pytest.fixture
    def fitted(self, fit: Fit) -> Fitted:
        return fit("scaled", DummyClassifier())

    def test_a_model_without_that_form_is_refused_with_the_reason(
        self,
        fit: Fit,
        contract: Contract,
        parts: tuple[pd.DataFrame, pd.DataFrame],
        package: Path,
        table: Tables,
        tmp_path: Path,
    ) -> None:
        fitted = fit("scaled", LogisticRegression())
        with pytest.raises(ExportError, match="it says 2 words"):
            export(fitted, contract, parts[1], tmp_path / "none", code=package, table=table)
