"""Run deepchecks' suites on files; a script for the interpreter of another environment.

`python -I suites.py <request.json> <output folder>`. It imports nothing of Trunkline, and Trunkline never imports it:
deepchecks is AGPL and does not work beside the versions that models are trained with. For every suite it leaves
`<suite>.html` and `<suite>.json` (deepchecks' own report) and, last, `<suite>.answers.json` (what the verdict is made
of), so that a suite without that file did not end. Exit 3 means that deepchecks cannot be imported.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

SCHEMA = "trunkline/deepchecks-answers/1"
NOT_INSTALLED = 3
SEED = 20

# deepchecks asks its maker for the newest version at import, and says who asks.
QUIET = {"DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "True", "DISABLE_LATEST_VERSION_CHECK": "True"}


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse a connection to another machine; an audit hook.

    Raises PermissionError, which makes a check that tries it a crashed one.
    """
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(arguments[1], tuple)):
        raise PermissionError(f"deepchecks may not use the network ({event})")


def frame_of(part: dict[str, Any], request: dict[str, Any], first: int) -> Any:
    """Return the rows of a part as a data frame whose index counts from `first`."""
    import pandas as pd

    columns = {}
    for name, values in part["columns"].items():
        if name in request["categorical"] or name in request["texts"]:
            columns[name] = pd.Series(values, dtype=object)
        elif name == request["date"]:
            columns[name] = pd.to_datetime(pd.Series(values), utc=True).dt.tz_localize(None)
        else:
            columns[name] = pd.Series(values, dtype="float64" if None in values else None)
    frame = pd.DataFrame(columns)
    frame.index = pd.RangeIndex(first, first + len(frame))
    return frame


def dataset_of(frame: Any, request: dict[str, Any]) -> Any:
    """Return a deepchecks data set."""
    from deepchecks.tabular import Dataset

    return Dataset(
        frame,
        label=request["label"],
        features=request["features"],
        cat_features=request["categorical"],
        index_name=request["index"] or None,
        datetime_name=request["date"] or None,
        convert_datetime=False,
        label_type=request["task"],
    )


def mend() -> None:
    """Mend what keeps deepchecks 0.19.1 from scoring answers given as arrays beside scikit-learn 1.3 and newer."""
    from deepchecks.tabular import context
    from deepchecks.tabular.metric_utils import scorers

    # scikit-learn reads from its name whether a method predicts; without it, no metric of a regression is computed.
    context._DummyModel._predict.__name__ = "predict"
    # scikit-learn takes 1 for the positive class of many named ones, where there is none.
    for name in ("precision_per_class", "recall_per_class", "f1_per_class", "jaccard_per_class"):
        scorers.multiclass_scorers_dict[name]._kwargs["pos_label"] = None


def suite_of(name: str, left_out: list[str]) -> tuple[Any, list[str]]:
    """Return a suite without the checks that are left out, and the names of all that it has."""
    from deepchecks.tabular import Suite, suites

    whole = getattr(suites, name.replace("-", "_"))()
    checks = list(whole.checks.values())
    for check in checks:
        if hasattr(check, "timeout"):  # a check that gives up on a slow machine would answer by chance
            check.timeout = 0
    asked = [check for check in checks if check.name() not in left_out]
    return Suite(whole.name, *asked), [check.name() for check in checks]


def answers_of(result: Any) -> list[dict[str, Any]]:
    """Return what each check of a suite said, in a form that needs no deepchecks to be read."""
    answers = []
    for row in result.results:
        answer: dict[str, Any] = {"check": row.check.name(), "conditions": [], "error": "", "message": ""}
        exception = getattr(row, "exception", None)
        if exception is not None:
            answer |= {"error": type(exception).__name__, "message": str(exception)[:2000]}
        else:
            answer["conditions"] = [
                {"name": found.name, "outcome": found.category.value, "details": str(found.details)[:2000]}
                for found in row.conditions_results
            ]
        answers.append(answer)
    return answers


def run_suite(name: str, request: dict[str, Any], data: dict[str, Any], output: Path) -> None:
    """Run one suite and write its files."""
    import deepchecks
    import numpy as np

    started = time.monotonic()
    np.random.seed(SEED)  # deepchecks draws from it while it looks at answers given as arrays
    suite, names = suite_of(name, request["suites"][name])
    if name == "data-integrity":
        result = suite.run(data["all"])
    elif name == "train-test-validation":
        result = suite.run(data["train"], data["test"])
    else:
        result = suite.run(data["train"], data["test"], **data["answers"])
    result.save_as_html(str(output / f"{name}.html"), as_widget=False, requirejs=False, connected=False)
    (output / f"{name}.json").write_text(result.to_json(with_display=False), encoding="utf-8")
    answers = {
        "schema": SCHEMA,
        "suite": name,
        "version": deepchecks.__version__,
        "checks": names,
        "answers": answers_of(result),
        "seconds": round(time.monotonic() - started, 2),
    }
    partial = output / f".{name}.partial"
    partial.write_text(json.dumps(answers, indent=2), encoding="utf-8")
    partial.rename(output / f"{name}.answers.json")


def main(arguments: list[str]) -> int:
    """Run the suites that the request asks for and return the exit code."""
    place, output = Path(arguments[0]), Path(arguments[1])
    os.environ.update(QUIET)
    sys.addaudithook(refuse_network)
    warnings.simplefilter("ignore")
    try:
        importlib.import_module("deepchecks").set_verbosity(logging.ERROR)
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_INSTALLED
    mend()
    import numpy as np
    import pandas as pd

    request = json.loads(place.read_text(encoding="utf-8"))
    parts = {
        part: json.loads((place.parent / f"{part}.json").read_text(encoding="utf-8"))
        for part in ("train", "test")
    }
    frames = {"train": frame_of(parts["train"], request, 0)}
    frames["test"] = frame_of(parts["test"], request, len(frames["train"]))
    frames["all"] = pd.concat([frames["train"], frames["test"]])
    data = {part: dataset_of(frame, request) for part, frame in frames.items()}
    given: dict[str, Any] = {"model_classes": request["classes"] or None}
    for part, rows in parts.items():
        given[f"y_pred_{part}"] = np.array(rows["predictions"])
        if rows["probabilities"] is not None:
            given[f"y_proba_{part}"] = np.array(rows["probabilities"], dtype=float)
    data["answers"] = given
    for name in request["suites"]:
        run_suite(name, request, data, output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
