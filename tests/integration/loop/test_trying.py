"""`trunkline check` finds what is wrong in the policy and the four files in seconds, and names file, key and value."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from trunkline.cli.main import run
from trunkline.core.errors import StorageError, TrunklineError
from trunkline.core.project import Project
from trunkline.loop.model import snapshots
from trunkline.loop.model.trying import TriedOut, try_out

POLICY, DATA = "trunkline.yaml", "src/loans/data.py"
FEATURES, MODEL, CONTRACT = "src/loans/features.py", "src/loans/model.py", "src/loans/contract.py"


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture
def whole(project: Project) -> Project:
    """A project with every file that the policy names."""
    path = project.root / "loadtest" / "locustfile.py"
    path.parent.mkdir()
    path.write_text("")
    return project


def edited(project: Project, file: str, old: str, new: str) -> Project:
    """Return the project after a file of it was edited."""
    path = project.root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return Project(project.root)


def test_a_project_in_order_is_fitted_and_asked_and_nothing_is_kept(whole: Project) -> None:
    tried = try_out(whole, progress=say)
    assert isinstance(tried, TriedOut)
    assert (tried.loaded, tried.taken) == (1200, 1200)
    assert [(one.candidate, one.settings, one.runtime) for one in tried.candidates] == [
        ("logistic", 2, "onnx")
    ]
    assert not whole.data_lock.exists()
    assert not whole.bundles.root.exists()


def test_a_model_that_is_too_large_for_the_repository_is_found_before_a_search(whole: Project) -> None:
    edited(whole, MODEL, "LogisticRegression()", "ExtraTreesClassifier(400, min_samples_leaf=2)")
    edited(whole, MODEL, '{"C": [0.1, 1.0]}', "{}")
    text = (whole.root / MODEL).read_text()
    (whole.root / MODEL).write_text("from sklearn.ensemble import ExtraTreesClassifier\n" + text)
    with (whole.root / POLICY).open("a") as policy:
        policy.write("registry: {kind: git, store_limit_mb: 1}\n")
    with pytest.raises(StorageError, match=r"logistic.*store_limit_mb is 1"):
        try_out(Project(whole.root), progress=say)


class Mistake(NamedTuple):
    """An edit, and what the error must name."""

    file: str
    old: str
    new: str
    names: tuple[str, ...]
    exit_code: int = 10


TRAINING = "training: {search: {iterations: 2, folds: 3, jobs: 1}}"
ROWS = "data: {minimum_rows: 300}"
FLOORS = "floors: {roc_auc: 0.6}"
GATES = "gates:\n"
FAIRNESS = "  fairness:"
MISTAKES = {
    "a column that is not there": Mistake(
        FEATURES, '["region"]', '["regoin"]', ("features()", "regoin", "use region"), 13
    ),
    "a column that the model does not see": Mistake(
        FEATURES, '["income"]', '["income", "sex"]', ("sex", "audit"), 13
    ),
    "features that raise": Mistake(
        FEATURES, "return ColumnTransformer([", "return 1 / 0 or ([", ("features()", "ZeroDivisionError"), 13
    ),
    "a candidate that is not offered": Mistake(
        POLICY, TRAINING, "training: {candidates: [logstic]}", ("training.candidates", "logstic", "logistic")
    ),
    "a parameter that the estimator does not have": Mistake(
        MODEL, '"C":', '"c":', ("logistic", "no parameter c"), 13
    ),
    "a value that the estimator refuses": Mistake(
        MODEL, "[0.1, 1.0]", "[0.1, 'much']", ("logistic", "C='much'"), 13
    ),
    "an estimator that is a class": Mistake(
        MODEL, "LogisticRegression(),", "LogisticRegression,", ("logistic", "cannot be fitted"), 13
    ),
    "a metric that is not there": Mistake(
        POLICY,
        TRAINING,
        "training: {search: {metric: roc_auk}}",
        ("training.search.metric", "roc_auk", "roc_auc"),
    ),
    "a metric of another task": Mistake(
        POLICY, TRAINING, "training: {search: {metric: r2}}", ("training.search.metric", "r2")
    ),
    "a monitor's metric of another task": Mistake(
        POLICY,
        "monitoring: {",
        "monitoring: {performance: {metric: r2}, ",
        ("monitoring.performance.metric", "r2"),
    ),
    "a floor in per cent": Mistake(
        POLICY, FLOORS, "floors: {roc_auc: 66}", ("gates.performance.floors.roc_auc", "66", "0.66")
    ),
    "an error's floor above zero": Mistake(
        POLICY, FLOORS, "floors: {neg_log_loss: 0.5}", ("floors.neg_log_loss", "0.5", "-0.5")
    ),
    "a floor that all reach": Mistake(POLICY, FLOORS, "floors: {accuracy: -1}", ("floors.accuracy", "-1")),
    "a slice of a misspelt column": Mistake(
        POLICY,
        FLOORS,
        FLOORS + ", slices: [{name: a, where: {regio: north}, floors: {roc_auc: 0.5}}]",
        ("slices.0.where.regio", "region"),
    ),
    "a slice without rows": Mistake(
        POLICY,
        FLOORS,
        FLOORS + ", slices: [{name: a, between: {month: [50, 60]}, floors: {roc_auc: 0.5}}]",
        ("slices.0", "none of 1,200 rows"),
    ),
    "a metamorphic test of a misspelt column": Mistake(
        POLICY,
        FAIRNESS,
        "  robustness: {metamorphic: [{name: a, column: incom, add: 1, expect: same}]}\n" + FAIRNESS,
        ("metamorphic.0.column", "incom", "income"),
    ),
    "a mitigation of no protected attribute": Mistake(
        POLICY,
        TRAINING,
        "training: {mitigation: {method: exponentiated-gradient, attribute: region}}",
        ("training.mitigation.attribute", "region", "sex"),
    ),
    "a waiver that fits no gate": Mistake(
        POLICY,
        GATES,
        GATES + "  waivers: [{gate: fairness/sexx/error-rate, owner: Ada, reason: x, expires: 2999-01-01}]\n",
        ("gates.waivers.0.gate", "sexx", "fairness/sex/error-rate"),
    ),
    "a waiver of a date that is none": Mistake(
        POLICY,
        GATES,
        GATES + "  waivers: [{gate: data/leakage, owner: Ada, reason: x, expires: 2026-13-01}]\n",
        ("gates.waivers.0.expires", "2026-13-01"),
    ),
    "a waiver that has run out": Mistake(
        POLICY,
        GATES,
        GATES + "  waivers: [{gate: data/leakage, owner: Ada, reason: x, expires: 2020-01-01}]\n",
        ("gates.waivers.0.expires", "2020-01-01"),
    ),
    "a window of no numbers": Mistake(
        POLICY, ROWS, "data: {window: {last: March}}", ("data.window.last", "March", "month")
    ),
    "a window that takes no rows": Mistake(
        POLICY, ROWS, "data: {window: {first: 50}}", ("data.window", "month goes from 0 to 11"), 12
    ),
    "a window the wrong way round": Mistake(
        POLICY, ROWS, "data: {window: {first: 9, last: 3}}", ("data.window", "9", "3")
    ),
    "a window without an event time": Mistake(
        CONTRACT, '"role": "time"', '"role": "audit"', ("data.window", "role", "time")
    ),
    "a split that has no user": Mistake(
        POLICY, ROWS, "data: {split: {method: grouped}}", ("grouped", "user")
    ),
    "too few rows": Mistake(POLICY, ROWS, "data: {minimum_rows: 5000}", ("data.minimum_rows", "1,200"), 12),
    "rows that break the contract": Mistake(
        DATA, '"income": income,', '"income": -income,', ("income", "data.py"), 12
    ),
    "a column that load() does not give": Mistake(DATA, '"region": region,', "", ("region", "data.py"), 12),
    "a load() that raises": Mistake(
        DATA, "draw = np.random", "open('missing.csv')\n    draw = np.random", ("data.py", "missing.csv"), 13
    ),
    "a null that nothing imputes": Mistake(
        CONTRACT,
        "income: float = pa.Field(ge=0, le=500)",
        "income: float = pa.Field(ge=0, le=500, nullable=True)",
        ("income is null", "features.py"),
        21,
    ),
    "a misspelt key": Mistake(
        POLICY, "minimum_rows: 300", "minimum_row: 300", ("data.minimum_row", "minimum_rows")
    ),
    "a load test that is not there": Mistake(
        POLICY,
        GATES,
        GATES + "  load: {locustfile: loadtest/locust.py}\n",
        ("gates.load.locustfile", "loadtest/locust.py"),
    ),
    "an environment that is not there": Mistake(
        POLICY, "monitoring:", "rollout: {environment: prod}\nmonitoring:", ("prod", "production")
    ),
    "a service that everyone could reach": Mistake(
        POLICY, "monitoring:", "serving: {host: 0.0.0.0}\nmonitoring:", ("0.0.0.0", "serving.access")
    ),
    "a rule that mails nobody": Mistake(POLICY, "do: [issue]", "do: [mail]", ("responses.mail.recipients",)),
    "a desired state that cannot be read": Mistake(
        "deployments/production.yaml", "strategy: none", "strategy: nome", ("production.yaml", "strategy")
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_found_and_named(mistake: Mistake, whole: Project) -> None:
    if mistake.file == CONTRACT and "window" in mistake.names[0]:
        whole = edited(whole, POLICY, ROWS, "data: {minimum_rows: 300, window: {last: 9}}")
    project = edited(whole, mistake.file, mistake.old, mistake.new)
    with pytest.raises(TrunklineError) as caught:
        try_out(project, progress=say)
    error = caught.value
    assert error.exit_code == mistake.exit_code, str(error)
    assert error.next_step
    for name in mistake.names:
        assert name in str(error)


def test_a_missing_file_is_named(whole: Project) -> None:
    (whole.root / FEATURES).unlink()
    with pytest.raises(TrunklineError, match=re.escape(FEATURES)):
        try_out(whole, progress=say)


def test_a_lock_of_other_terms_is_said_last_and_the_verb_says_what_follows(
    whole: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(whole.root)
    assert run(["check"]) == 0
    assert "make snapshot" in capsys.readouterr().out
    snapshots.snapshot(whole, progress=say)
    assert run(["check"]) == 0
    assert "make train" in capsys.readouterr().out
    edited(whole, POLICY, ROWS, "data: {minimum_rows: 300, split: {test: 0.4}}")
    assert run(["check"]) == 12
    said = capsys.readouterr()
    assert "logistic: fitting" in said.err
    assert "trunkline snapshot" in said.err
