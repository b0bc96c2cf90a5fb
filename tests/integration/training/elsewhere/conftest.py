from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from foreign_models import words
from trunkline.core.contract import Contract
from trunkline.core.policy.training import TrainingPolicy
from trunkline.training import Files, Fitted, train

Parts = tuple[pd.DataFrame, pd.DataFrame]
Take = Callable[..., Fitted]


@pytest.fixture
def take(contract: Contract, parts: Parts, package: Path, tmp_path: Path) -> Take:
    """Return what takes a trained model; `versions` fetches one out of MLflow."""

    def run(trained: Any, policy: TrainingPolicy | None = None, versions: Any = None) -> Fitted:
        return train(
            parts[0],
            contract,
            features=words,
            candidates=trained if isinstance(trained, list) else [trained],
            policy=policy or TrainingPolicy(),
            files=Files(package, tmp_path / "cache", versions),
        )

    return run
