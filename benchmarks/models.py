"""Which models become ONNX, by library and pipeline, and how far their answers lie from what was fitted.

Run: `python benchmarks/models.py [--only WORDS] [--write] [--served]` with `TRUNKLINE_DATA` the folder of the
data sets (Adult, bike sharing, labelled sentences). It prints the table of docs/models.md; `--write` puts it there.
`--served` asks a few of them as services instead, beside one written by hand. Libraries that are not installed are
left out.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.bundle import BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import ExportError
from trunkline.core.lineage import Lineage
from trunkline.core.plugins import OURS
from trunkline.training import Export, Fitted, export, model_frame, outcome
from trunkline.training.converters import Classified, Graph, Value, write

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("TRUNKLINE_DATA") or ROOT.parent / "shared" / "data")
PAGE = ROOT / "docs" / "models.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
ADULT = (
    *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation"),
    *(
        "relationship",
        "race",
        "sex",
        "capital_gain",
        "capital_loss",
        "hours_per_week",
        "native_country",
        "income",
    ),
)
NUMBERS = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]
WORDS = [
    "workclass",
    "education",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "native_country",
]
HOURS = ["season", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit"]
WEATHER = ["temp", "atemp", "hum", "windspeed"]
SERVED_BEGIN, SERVED_END = "<!-- served: begin -->\n", "<!-- served: end -->\n"
SERVED = (
    "one-hot, scaled, logistic regression",
    "one-hot, scaled, HistGB",
    "one-hot, scaled, random forest",
    "one-hot, LightGBM",
    "TF-IDF of words, logistic regression",
)
"""Those that are asked as services too: one of each kind that people have."""
SEED = 7
ONNX = {**OURS, "exporters": {"onnx": OURS["exporters"]["onnx"]}}


@dataclass(frozen=True)
class Rows:
    """A data set: its contract, and rows to fit and to ask."""

    contract: Contract
    train: pd.DataFrame
    test: pd.DataFrame


@dataclass(frozen=True)
class Kind:
    """An unfitted pipeline of a library."""

    library: str
    name: str
    data: str
    pipeline: Any


def adult(folder: Path = DATA, rows: int = 0) -> Rows:
    """Return Adult with its own test part."""
    read: dict[str, Any] = {"header": None, "names": ADULT, "skipinitialspace": True, "na_values": "?"}
    train = pd.read_csv(folder / "adult" / "adult.data.gz", **read)
    test = pd.read_csv(folder / "adult" / "adult.test.gz", **read, skiprows=1)
    test["income"] = test["income"].str.rstrip(".")
    known = {name: tuple(sorted(train[name].dropna().unique())) for name in WORDS}
    contract = Contract(
        name="adult",
        positive=">50K",
        columns=(
            *(Column(name=name, type="integer") for name in NUMBERS),
            *(Column(name=name, type="category", categories=known[name], nullable=True) for name in WORDS),
            Column(name="income", type="category", categories=("<=50K", ">50K"), role=Role.OUTCOME),
        ),
    )
    return Rows(contract, train.iloc[: rows or None], test.iloc[: rows or None])


def bikes(folder: Path = DATA, rows: int = 0) -> Rows:
    """Return the hours of bike sharing, every fourth one to ask."""
    hours = pd.read_csv(folder / "bike_sharing" / "hour.csv.gz").iloc[: rows or None]
    contract = Contract(
        name="bikes",
        columns=(
            *(Column(name=name, type="integer") for name in HOURS),
            *(Column(name=name, type="number") for name in WEATHER),
            Column(name="cnt", type="integer", role=Role.OUTCOME),
        ),
    )
    asked = np.arange(len(hours)) % 4 == 0
    return Rows(contract, hours[~asked], hours[asked])


def sentences(folder: Path = DATA, rows: int = 0) -> Rows:
    """Return the labelled sentences, every fourth one to ask; texts that are hard to read stand among those."""
    parts = [
        pd.read_csv(path, sep="\t", header=None, quoting=3, names=["text", "label"])
        for path in sorted((folder / "sentiment_sentences").glob("*_labelled.txt"))
    ]
    every = pd.concat(parts, ignore_index=True).iloc[: rows or None]
    every["label"] = every["label"].map({0: "bad", 1: "good"})
    asked = np.arange(len(every)) % 4 == 0
    return Rows(sentence_contract(), every[~asked], pd.concat([every[asked], hard()], ignore_index=True))


def sentence_contract() -> Contract:
    """Return the contract of texts; the outcome is called as an output of ONNX is."""
    return Contract(
        name="sentences",
        positive="good",
        columns=(
            Column(name="text", type="text"),
            Column(name="label", type="category", categories=("bad", "good"), role=Role.OUTCOME),
        ),
    )


def hard() -> pd.DataFrame:
    """Return texts that are hard to cut: letters that lower case makes two of, marks, scripts without spaces."""
    texts = [
        "",
        " ",
        "a",
        "İSTANBUL'DA ÇOK GÜZEL",
        "STRASSE Straße",
        "ΣΊΣΥΦΟΣ ὈΔΥΣΣΕΎΣ",
        "Cafe\u0301 CAFÉ café",
        "我喜欢这个产品",
        "great产品",
        "naïve ÆØÅ",
        "don't_stop 3½ x²",
        "great\u00a0phone\u200bbad",
        "👍👍 good 👎",
        "GOOD",
        "Ǆ ǅ ǆ",
        "ﬁne ﬁnest",
        "हिन्दी में",
        "\x00good",
        "A\tB\nC",
        "१२३ great",
    ]
    return pd.DataFrame({"text": texts, "label": ["bad", "good"] * (len(texts) // 2)})


SETS: dict[str, Callable[..., Rows]] = {"Adult": adult, "bike sharing": bikes, "sentences": sentences}


def encoded(words: str, scaled: bool) -> ColumnTransformer:
    """Return the features of Adult: categories in one of three ways, numbers as they are or scaled."""
    encoders = {
        "one-hot": OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20, sparse_output=False),
        "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        "target": TargetEncoder(random_state=SEED),
    }
    numbers = StandardScaler() if scaled else "passthrough"
    return ColumnTransformer([("numbers", numbers, NUMBERS), ("words", encoders[words], WORDS)])


class Labelled(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that is fitted on the numbers of the classes: XGBoost takes no words."""

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any) -> Labelled:
        """Fit the estimator."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.estimator_ = clone(self.estimator).fit(X, codes)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Return the estimator's."""
        return self.estimator_.predict_proba(X)

    def predict(self, X: Any) -> Any:
        """Return the likeliest class."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def write_labelled(graph: Graph, step: Labelled, value: Value) -> Classified:
    """Write the estimator with the classes in words: a converter of a step that nobody else knows."""
    answer: Classified = write(graph, step.estimator_, value)
    return replace(answer, classes=step.classes_)


def estimators(size: int = 100) -> dict[str, Any]:
    """Return the estimators of the grid; `size` is their number of trees or steps."""
    return {
        "logistic regression": LogisticRegression(max_iter=size),
        "HistGB": HistGradientBoostingClassifier(max_iter=size, random_state=SEED),
        "random forest": RandomForestClassifier(size, min_samples_leaf=2, random_state=SEED),
        "extra trees": ExtraTreesClassifier(size, min_samples_leaf=2, random_state=SEED),
        "MLP": MLPClassifier((32,), max_iter=max(5, size // 5), random_state=SEED),
    }


def kinds(size: int = 100) -> Iterator[Kind]:
    """Yield every pipeline of the table, unfitted; `size` is the number of trees or steps."""
    grid = estimators(size)
    for words, scaled in product(("one-hot", "ordinal", "target"), (True, False)):
        for name, estimator in grid.items():
            title = f"{words}, {'scaled' if scaled else 'plain'}, {name}"
            yield Kind("scikit-learn", title, "Adult", make_pipeline(encoded(words, scaled), estimator))
    for library, estimator in _libraries(size):
        for words in ("one-hot", "ordinal"):
            yield Kind(
                library, f"{words}, {library}", "Adult", make_pipeline(encoded(words, True), estimator)
            )
    codes = list(range(len(NUMBERS), len(NUMBERS) + len(WORDS)))
    boosted = HistGradientBoostingClassifier(max_iter=size, categorical_features=codes, random_state=SEED)
    yield Kind(
        "scikit-learn",
        "HistGB with categorical splits",
        "Adult",
        make_pipeline(encoded("ordinal", False), boosted),
    )
    forest = RandomForestClassifier(max(10, size // 4), min_samples_leaf=5, random_state=SEED)
    members = [("linear", grid["logistic regression"]), ("forest", forest), ("boosted", grid["HistGB"])]
    combined = {
        "calibrated forest (sigmoid)": CalibratedClassifierCV(forest, cv=3),
        "calibrated forest (isotonic)": CalibratedClassifierCV(forest, method="isotonic", cv=3),
        "soft voting": VotingClassifier(members, voting="soft", weights=[1, 2, 3]),
        "stacking": StackingClassifier(members, cv=3),
        "kNN": KNeighborsClassifier(15),
    }
    for name, estimator in combined.items():
        yield Kind("scikit-learn", name, "Adult", make_pipeline(encoded("one-hot", True), estimator))
    texts = {
        "TF-IDF of words": TfidfVectorizer(),
        "TF-IDF of words and bigrams": TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        "TF-IDF of ASCII": TfidfVectorizer(strip_accents="ascii", max_df=0.5),
        "TF-IDF of Unicode": TfidfVectorizer(strip_accents="unicode", stop_words="english"),
        "TF-IDF of letters": TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)),
    }
    for name, cut in texts.items():
        yield Kind(
            "scikit-learn", f"{name}, logistic regression", "sentences", _of_text(cut, LogisticRegression())
        )
    yield Kind(
        "scikit-learn", "counts, naive Bayes", "sentences", _of_text(CountVectorizer(), MultinomialNB())
    )
    regressors = {
        "HistGB regressor, log target": _logged(
            HistGradientBoostingRegressor(max_iter=size, random_state=SEED)
        ),
        "HistGB regressor, Poisson loss": HistGradientBoostingRegressor(
            loss="poisson", max_iter=size, random_state=SEED
        ),
        "Poisson regressor, log target": _logged(PoissonRegressor(max_iter=max(300, size))),
    }
    for name, estimator in regressors.items():
        yield Kind("scikit-learn", name, "bike sharing", make_pipeline(hours(), estimator))


def _of_text(cut: Any, estimator: Any) -> Any:
    return make_pipeline(ColumnTransformer([("text", cut, "text")]), estimator)


def _logged(regressor: Any) -> Any:
    return TransformedTargetRegressor(regressor, func=np.log1p, inverse_func=np.expm1)


def hours() -> ColumnTransformer:
    """Return the features of bike sharing."""
    return ColumnTransformer(
        [("hours", OneHotEncoder(handle_unknown="ignore"), HOURS), ("weather", StandardScaler(), WEATHER)],
        sparse_threshold=0,
    )


def _libraries(size: int) -> Iterator[tuple[str, Any]]:
    """Yield a classifier of each other library that is installed."""
    if find_spec("lightgbm"):
        from lightgbm import LGBMClassifier

        yield "LightGBM", LGBMClassifier(n_estimators=size, n_jobs=1, verbose=-1, random_state=SEED)
    if find_spec("xgboost"):
        from xgboost import XGBClassifier

        yield "XGBoost", Labelled(XGBClassifier(n_estimators=size, n_jobs=1, random_state=SEED))
    if find_spec("catboost"):
        from catboost import CatBoostClassifier

        settings = {"thread_count": 1, "verbose": 0, "random_seed": SEED, "allow_writing_files": False}
        yield "CatBoost", CatBoostClassifier(iterations=size, **settings)


@dataclass(frozen=True)
class Measured:
    """What became of one kind: whether it is ONNX, and how far apart the answers lie; else why not."""

    kind: Kind
    rows: int = 0
    above: int = 0
    difference: float = float("nan")
    size: int = 0
    seconds: float = 0.0
    reason: str = ""


def fitted(kind: Kind, rows: Rows) -> Fitted:
    """Return the pipeline of a kind, fitted."""
    X, y = model_frame(rows.train, rows.contract), outcome(rows.train, rows.contract)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        pipeline = clone(kind.pipeline).fit(X, y)
    classes = tuple(str(one) for one in getattr(pipeline, "classes_", ()))
    return Fitted(pipeline, kind.name, {}, (), classes, export=Export(converters={Labelled: write_labelled}))


def measured(kind: Kind, rows: Rows, folder: Path) -> Measured:
    """Return what becomes of a kind: exported to `folder`, and compared on every row to ask and at every edge."""
    began = time.perf_counter()
    try:
        found = export(fitted(kind, rows), rows.contract, rows.test, folder, code=folder, table=ONNX)
    except ExportError as error:
        return Measured(kind, reason=error.what, seconds=time.perf_counter() - began)
    parity = found.parity
    assert parity is not None
    size, seconds = (folder / found.model).stat().st_size, time.perf_counter() - began
    return Measured(kind, parity.rows, parity.above, parity.difference, size, seconds)


def served(kind: Kind, rows: Rows, folder: Path) -> list[str]:
    """Return lines of the table of services: requests a second, by the number of connections."""
    from beside_handwritten import requests_per_second

    made = fitted(kind, rows)
    found = export(made, rows.contract, rows.test, folder, code=folder, table=ONNX)
    rows.contract.write(folder / "contract.json")
    digest = "sha256:" + "0" * 64
    lineage = Lineage(
        commit="c", snapshot=digest, training_key=digest, code=digest, policy=digest, lock=digest, toolkit="0",
        candidate="model", settings={},
    )  # fmt: skip
    manifest = BundleManifest(
        name=rows.contract.name,
        runtime=found.runtime,
        model=found.model,
        classes=made.classes,
        requires=found.requires,
        figures=(),
        lineage=lineage,
        files={},
    )
    asked = requests_per_second(
        seal(folder, manifest), made.pipeline, rows.test, seconds=4.0, rounds=3, connections=(1, 64)
    )
    return [
        f"| {kind.library} | {kind.name} | {found.runtime} | {one.connections} | {one.ours:,.0f} | {one.by_hand:,.0f} "
        f"| {one.ours / one.by_hand:.1f}x | {one.ours_ms:.2f} | {one.by_hand_ms:.2f} |"
        for one in asked
    ]


def serve_all(data: dict[str, Rows], only: str, size: int) -> str:
    """Return the table of services."""
    lines = [
        "| library | pipeline | runtime | connections | ours, a second | by hand | ratio "
        "| ours, ms of processor | by hand |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind in kinds(size):
        if kind.name in SERVED and only in kind.name:
            with tempfile.TemporaryDirectory() as folder:
                lines += served(kind, data[kind.data], Path(folder))
            print(*lines[-2:], sep="\n", file=sys.stderr, flush=True)
    return "\n".join([*lines, ""])


def put(text: str, begin: str, end: str) -> None:
    """Put a table between its marks in docs/models.md."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    PAGE.write_text(before + begin + "\n" + text + "\n" + end + rest.partition(end)[2], encoding="utf-8")


def table(found: list[Measured]) -> str:
    """Return the table, and how many of the pipelines became ONNX."""
    lines = [
        "| library | pipeline | data | runtime | largest difference | rows above 1e-4 | model, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        kind = one.kind
        start = f"| {kind.library} | {kind.name} | {kind.data} |"
        if one.reason:
            lines.append(f"{start} Python: {one.reason} | | | |")
        else:
            above = f"{one.above} of {one.rows:,}"
            lines.append(f"{start} ONNX | {one.difference:.1g} | {above} | {one.size / 1e6:.2f} |")
    exact = sum(not one.reason for one in found)
    return "\n".join(
        [*lines, "", f"{exact} of {len(found)} pipelines run as ONNX ({exact / len(found):.0%}).", ""]
    )


def main() -> None:
    """Measure every kind and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="kinds whose name holds these words")
    parser.add_argument("--rows", type=int, default=0, help="the first rows of each data set alone")
    parser.add_argument("--size", type=int, default=100, help="trees or steps")
    parser.add_argument("--write", action="store_true", help="put the table into docs/models.md")
    parser.add_argument("--served", action="store_true", help="requests a second of a few, beside by hand")
    given = parser.parse_args()
    data = {name: read(rows=given.rows) for name, read in SETS.items()}
    if given.served:
        print(text := serve_all(data, given.only, given.size))
        if given.write:
            put(text, SERVED_BEGIN, SERVED_END)
        return
    found = []
    for kind in kinds(given.size):
        if given.only not in f"{kind.library} {kind.name}":
            continue
        with tempfile.TemporaryDirectory() as folder:
            found.append(measured(kind, data[kind.data], Path(folder)))
        one = found[-1]
        said = one.reason or f"{one.difference:.2g}, {one.above} of {one.rows} above"
        print(f"{kind.library}: {kind.name}: {said} ({one.seconds:.1f} s)", file=sys.stderr, flush=True)
    print(table(found))
    if given.write:
        put(table(found), BEGIN, END)


if __name__ == "__main__":
    main()
