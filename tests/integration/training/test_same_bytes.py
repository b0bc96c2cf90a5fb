"""The same rows and code give the same bundle, in another process and with another number of processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import hashlib, sys
from pathlib import Path
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder
from sklego.datasets import load_arrests
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.core.contract import Column, Contract
from trunkline.training import Candidate, export, train
from trunkline.training.exporters.python import dump

words = ("No", "Yes")
contract = Contract(name="arrests", positive="Yes", columns=(
    Column(name="age", type="integer"), Column(name="checks", type="integer"),
    Column(name="citizen", type="category", categories=words),
    Column(name="released", type="category", categories=words, role="outcome")))
rows = load_arrests(as_frame=True)
candidates = {
    "logistic": Candidate("logistic", LogisticRegression(), {"C": [0.01, 0.1, 1.0]}),
    "forest": Candidate("forest", RandomForestClassifier(12, n_jobs=2), {"min_samples_leaf": [4, 8, 16]}),
    "boosting": Candidate("boosting", HistGradientBoostingClassifier(max_iter=12), {"learning_rate": [0.1, 0.2]}),
}
folder, jobs = Path(sys.argv[1]), int(sys.argv[2])
for name, candidate in candidates.items():
    fitted = train(rows[:1500], contract, candidates=[candidate],
        features=lambda: ColumnTransformer(
            [("n", "passthrough", ["age", "checks"]), ("c", OneHotEncoder(), ["citizen"])]),
        policy=TrainingPolicy(search=Search(iterations=2, folds=2, jobs=jobs)))
    exported = export(fitted, contract, rows[1500:1800], folder, code=folder)
    assert exported.runtime == "onnx", exported
    for content in ((folder / "model.onnx").read_bytes(), dump(fitted.pipeline)):
        print(name, hashlib.sha256(content).hexdigest())
    print(name, sorted(fitted.settings.items()), round(fitted.trials[0].score, 9))
"""
TEXT = """
import hashlib, os, sys
from pathlib import Path
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.core.contract import Column, Contract
from trunkline.training import Candidate, export, train

os.umask(int(sys.argv[2], 8))
contract = Contract(name="reviews", positive="Yes", columns=(
    Column(name="words", type="text"), Column(name="title", type="text"),
    Column(name="liked", type="category", categories=("No", "Yes"), role="outcome")))
draw = np.random.default_rng(1)
vocabulary = "Good BAD film Plot actor GREAT dull scene music End".split()
words = [" ".join(draw.choice(vocabulary, 7)) for _ in range(300)]
liked = ["Yes" if text.lower().count("good") + text.count("GREAT") > 1 else "No" for text in words]
rows = pd.DataFrame({"words": words, "title": [text[:9] for text in words], "liked": liked})
folder = Path(sys.argv[1])
fitted = train(rows[:200], contract, candidates=[Candidate("words", LogisticRegression(), {"C": [0.1, 1.0]})],
    features=lambda: ColumnTransformer([("w", TfidfVectorizer(), "words"), ("t", CountVectorizer(), "title")]),
    policy=TrainingPolicy(search=Search(iterations=2, folds=2, jobs=1)))
exported = export(fitted, contract, rows[200:], folder, code=folder)
print(exported.runtime, exported.reason, hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest())
"""


def test_texts_become_the_same_model_under_any_locale(tmp_path: Path) -> None:
    surroundings = (
        {"LC_ALL": "C", "PYTHONHASHSEED": "1", "TZ": "UTC"},
        {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2", "TZ": "Asia/Kathmandu"},
        {"LANG": "en_US.UTF-8", "LC_ALL": "", "PYTHONHASHSEED": "3", "TZ": "America/Lima"},
        {"LANG": "tr_TR.UTF-8", "LC_ALL": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    found = []
    for place, variables in enumerate(surroundings):
        done = subprocess.run(
            [sys.executable, "-c", TEXT, str(tmp_path / f"{place} ü 50%"), ("022", "077")[place % 2]],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(done.stdout.split())
    assert found == [found[0]] * len(surroundings)
    assert found[0][0] == "onnx"


def test_two_processes_write_the_same_models(tmp_path: Path) -> None:
    found = []
    for seed, jobs, threads in (("1", "1", "1"), ("2", "2", "2")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path / seed), jobs],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        found.append(done.stdout.splitlines())
    assert found[0] == found[1]
    assert len(found[0]) == 9
