"""The detector of the use case object detection on all blood cells: its figures, and the processor's seconds.

Run from the repository, with TRUNKLINE_DATA naming the folder of data sets:
`OMP_NUM_THREADS=1 python benchmarks/blood_cells.py`. Three minutes of one processor are enough; no network is trained.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from trunkline.core.policy.data import Split
from trunkline.data import check_rows, contract_from, split_rows
from trunkline.measure.metrics import row_metrics
from trunkline.measure.quality import measure_all
from trunkline.measure.scorers import find_metric
from trunkline.tasks import Answers, judging_of, task_of
from trunkline.tasks.answers import objects
from trunkline.training import model_frame, outcome

USE_CASE = next((Path(__file__).parents[1] / "template").glob("*/use_cases/object-detection/src/*"))


def main() -> None:
    """Train, ask, and print."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(USE_CASE, Path(folder) / "blood_cells")
        sys.path.insert(0, folder)
        data, contract_, features, model = (
            importlib.import_module(f"blood_cells.{name}")
            for name in ("data", "contract", "features", "model")
        )
    contract = contract_from(contract_.Contract)
    rows = check_rows(data.load(), contract_.Contract)
    parts = split_rows(rows, contract, Split(method="random", validation=0.15, test=0.25, seed=7))
    learned, test = pd.concat([parts["train"], parts["validation"]], ignore_index=True), parts["test"]
    began = time.process_time()
    pictures = features.features().fit_transform(model_frame(learned, contract))
    detector = model.Detector(random_state=7).fit(pictures, outcome(learned, contract))
    fitted = time.process_time()
    answers = objects(detector.predict(features.features().transform(model_frame(test, contract))))
    asked = time.process_time()
    task = task_of(contract)
    truth = judging_of(contract).truth(test[contract.outcome.name], contract)
    paired = task.pair(truth, Answers(answers), contract)
    own = row_metrics(task.metrics)
    figures, _ = measure_all(
        paired, [find_metric(name, own) for name in task.standard(paired)], resamples=300
    )
    print(
        f"{len(learned)} pictures learned in {fitted - began:.0f} s, {len(test)} asked in {asked - fitted:.0f} s"
    )
    for figure in figures:
        print(figure.name, round(figure.value, 3), figure.interval)
    for name, alone in task.kinds(paired).items():
        print(name, round(find_metric("map_50", own).value(alone), 3))


if __name__ == "__main__":
    main()
