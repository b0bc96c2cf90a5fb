"""Every gate is proven: a fault is planted in a healthy project, and the gate that is meant for it turns red."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from trunkline.cli.explain import explain
from trunkline.core.errors import DataError, GateFailed, GateInconclusive
from trunkline.core.git import git
from trunkline.core.project import Project
from trunkline.core.verdicts import Verdict
from trunkline.delivery import read_state
from trunkline.loop.gates import judging
from trunkline.loop.model import training

TREES = """
from sklearn.ensemble import HistGradientBoostingClassifier
from trunkline.training import Candidate

def candidates():
    return [Candidate("trees", HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8))]
"""
OWN = '''
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from trunkline.training import Candidate

class Own(ClassifierMixin, BaseEstimator):
    """A logistic regression whose answers are spoiled in one way."""

    def __init__(self, steps=0):
        self.steps = steps

    def fit(self, X, y):
        self.inner_ = LogisticRegression().fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        probability = self.spoil(np.asarray(X), self.inner_.predict_proba(X)[:, 1])
        return np.column_stack([1 - probability, probability])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def spoil(self, X, probability):
        {spoil}

def candidates():
    return [Candidate("own", Own())]
'''


def own(spoil: str) -> str:
    """Return a model.py that spoils its probabilities so; X is owns (2 columns), region (4), then the numbers."""
    return OWN.replace("{spoil}", spoil)


AS_FEATURES = ('metadata={"role": "audit", "protected": True', 'metadata={"protected": True')


def seeing_people(shop: Any) -> Any:
    """Let the model see sex and age, so that it can learn a bias from the rows."""
    shop.replace("src/credit/contract.py", *AS_FEATURES)
    shop.replace("src/credit/features.py", '["owns", "region"]', '["owns", "region", "sex"]')
    shop.replace("src/credit/features.py", '"savings"]', '"savings", "age"]')
    return shop.model(TREES)


@dataclass(frozen=True)
class Fault:
    """What is planted, and the gate that must name it."""

    name: str
    gate: str
    plant: Callable[[Any], Any]


FAULTS = [
    # data
    Fault(
        "a feature that leaked the outcome",
        "data/leakage",
        lambda shop: shop.rows('rows["savings"] = (rows["repaid"] == "yes") * 1000.0 + rows["debts"]'),
    ),
    Fault(
        "rows delivered twice",
        "data/duplicates",
        lambda shop: shop.rows("rows = pd.concat([rows, rows.head(100)], ignore_index=True)"),
    ),
    Fault(
        "rows without a key, some of them in train and test",
        "data/duplicates",
        lambda shop: (
            shop.replace("src/credit/contract.py", 'metadata={"role": "key"}', 'metadata={"role": "audit"}')
            .replace("src/credit/contract.py", 'metadata={"role": "user"}', 'metadata={"role": "audit"}')
            .rows("rows = pd.concat([rows, rows.head(100)], ignore_index=True)")
        ),
    ),
    Fault(
        "rows delivered again under new numbers",
        "data/duplicates",
        lambda shop: shop.rows(
            """
again = rows.sample(600, random_state=1)
rows = pd.concat([rows, again.assign(case=range(10000, 10600))], ignore_index=True)
"""
        ).policy("gates:\n", "gates:\n  data: {conflicts: null}\n"),
    ),
    Fault(
        "rows delivered again under new numbers, names and months",
        "data/redelivered",
        lambda shop: shop.rows(
            """
again = rows.sample(900, random_state=1)
new = [f"customer {n}" for n in range(10000, 10900)]
again = again.assign(case=range(10000, 10900), customer=new, month=again["month"] + 1)
rows = pd.concat([rows, again], ignore_index=True)
"""
        ),
    ),
    Fault(
        "the same cases with another outcome",
        "data/conflicts",
        lambda shop: shop.rows(
            """
twice = rows.sample(1000, random_state=1)
flipped = np.where(twice["repaid"] == "yes", "no", "yes")
twice = twice.assign(case=range(10000, 11000), repaid=flipped)
rows = pd.concat([rows, twice], ignore_index=True)
"""
        ),
    ),
    Fault(
        "an outcome that moves with time, and a shuffled split",
        "data/time-leakage",
        lambda shop: shop.rows(
            'rows["month"] = np.where(rows["repaid"] == "yes", rows["month"] // 2, 12 + rows["month"] // 2)'
        ),
    ),
    Fault(
        "customers in train and test",
        "data/user-leakage",
        lambda shop: shop.rows('rows["customer"] = [f"customer {n % 500}" for n in range(len(rows))]'),
    ),
    Fault("a feature that lost its values", "data/nulls", lambda shop: shop.rows('rows["savings"] = np.nan')),
    Fault("a feature that is always the same", "data/nulls", lambda shop: shop.rows('rows["debts"] = 2')),
    Fault(
        "a category that the champion never saw",
        "data/new-categories",
        lambda shop: shop.replace("src/credit/contract.py", '"west"]', '"west", "islands"]').rows(
            'rows.loc[rows["case"] % 10 == 0, "region"] = "islands"'
        ),
    ),
    Fault(
        "euro a month that became cents",
        "data/jumps",
        lambda shop: shop.rows('rows["income"] = (rows["income"] * 100).clip(upper=1000000)'),
    ),
    Fault(
        "a label shift",
        "data/label-shift",
        lambda shop: shop.rows(
            'rows = rows.drop(rows.index[(rows["repaid"] == "no") & (rows["case"] % 10 < 8)])'
        ),
    ),
    Fault(
        "a class that is nearly gone",
        "data/classes",
        lambda shop: shop.rows('rows = rows.drop(rows.index[rows["repaid"] == "no"][12:])'),
    ),
    Fault(
        "a new field that every caller must send",
        "data/interface",
        lambda shop: shop.replace(
            "src/credit/contract.py", "    owns: str", "    luck: float\n    owns: str"
        ).rows('rows["luck"] = np.sin(rows["case"])'),
    ),
    # performance
    Fault(
        "a champion that asks for a feature that is gone",
        "performance/champion",
        lambda shop: (
            shop.replace("src/credit/contract.py", "    savings: float = pa.Field(ge=0, nullable=True)\n", "")
            .replace("src/credit/features.py", ', "savings"]', "]")
            .rows('rows = rows.drop(columns="savings")')
        ),
    ),
    Fault(
        "a floor missed",
        "performance/floor:roc_auc",
        lambda shop: shop.policy("roc_auc: 0.7", "roc_auc: 0.95"),
    ),
    Fault(
        "a slice below its floor",
        "performance/slice:owners:roc_auc",
        lambda shop: shop.policy(
            "    resamples",
            "    slices: [{name: owners, where: {owns: 'yes'}, floors: {roc_auc: 0.7}}]\n    resamples",
        ).rows(
            """
mixed = rows["owns"] == "yes"
rows.loc[mixed, "repaid"] = rows.loc[mixed, "repaid"].sample(frac=1, random_state=2).to_numpy()
"""
        ),
    ),
    Fault(
        "a model that costs more than it may",
        "performance/floor:euro",
        lambda shop: shop.policy("roc_auc: 0.7", "roc_auc: 0.7, euro: -50").replace(
            "src/credit/model.py",
            "def candidates",
            """
def metrics():
    def euro(truth, answers, probability):
        lost = 1000 * ((answers == "yes") & (truth == "no")) + 100 * ((answers == "no") & (truth == "yes"))
        return -float(lost.mean())
    return {"euro": euro}

def candidates""",
        ),
    ),
    Fault(
        "a metric of the project that raises",
        "performance/metric:broken",
        lambda shop: shop.replace(
            "src/credit/model.py",
            "def candidates",
            'def metrics():\n    return {"broken": lambda truth, answers, probability: 1 / 0}\n\ndef candidates',
        ),
    ),
    Fault(
        "a metric of the project that gives no number, with a floor",
        "performance/floor:broken",
        lambda shop: shop.policy("roc_auc: 0.7", "roc_auc: 0.7, broken: 0.5").replace(
            "src/credit/model.py",
            "def candidates",
            'def metrics():\n    return {"broken": lambda truth, answers, probability: float("nan")}\n\ndef candidates',
        ),
    ),
    Fault(
        "a metric of the project that sums over the rows",
        "performance/metric:euro",
        lambda shop: shop.replace(
            "src/credit/model.py",
            "def candidates",
            """
def metrics():
    def euro(truth, answers, probability):
        return -1000.0 * float(((answers == "yes") & (truth == "no")).sum())
    return {"euro": euro}

def candidates""",
        ),
    ),
    Fault(
        "a comparison by a metric that always the same answer maximises",
        "performance/baseline",
        lambda shop: shop.policy("    floors:", "    metric: recall\n    floors:").rows(
            'rows = rows.drop(rows.index[(rows["repaid"] == "no") & (rows["case"] % 10 < 4)])'
        ),
    ),
    Fault(
        "labels that were shuffled",
        "performance/baseline",
        lambda shop: shop.rows('rows["repaid"] = rows["repaid"].sample(frac=1, random_state=3).to_numpy()'),
    ),
    Fault(
        "a lucky model: better than chance on few rows only by chance",
        "performance/baseline",
        lambda shop: (
            shop.unchampioned()
            .policy("floors: {roc_auc: 0.7}", "floors: {roc_auc: 0.5}")
            .rows(
                """
rows = rows.head(320)
rows["repaid"] = rows["repaid"].sample(frac=1, random_state=8).to_numpy()
"""
            )
        ),
    ),
    Fault(
        "probabilities that are far too sure",
        "performance/calibration",
        lambda shop: shop.model(own("return 1 / (1 + ((1 - probability) / probability) ** 6)")),
    ),
    Fault(
        "a model that never gives the rare answer, accurate and well calibrated",
        "performance/class-recall",
        lambda shop: shop.policy("roc_auc: 0.7", "accuracy: 0.9").rows(
            """
rare = np.random.default_rng(6).random(len(rows)) < np.where(rows["repaid"] == "yes", 0.12, 0.02)
rows["repaid"] = np.where(rare, "yes", "no")
"""
        ),
    ),
    Fault(
        "a model worse than the champion",
        "performance/champion",
        lambda shop: shop.policy("roc_auc: 0.7", "roc_auc: 0.5").replace(
            "src/credit/features.py", 'NUMBERS = ["income", "debts", "savings"]', 'NUMBERS = ["debts"]'
        ),
    ),
    Fault(
        "a model that learned its rows by heart",
        "performance/overfit",
        lambda shop: shop.model(
            """
from sklearn.ensemble import RandomForestClassifier
from trunkline.training import Candidate

def candidates():
    return [Candidate("forest", RandomForestClassifier(n_estimators=40))]
"""
        ),
    ),
    # fairness
    Fault(
        "a model biased against a sex",
        "fairness/sex/demographic-parity",
        lambda shop: seeing_people(shop).rows(
            'rows.loc[(rows["sex"] == "f") & (rows["case"] % 10 < 7), "repaid"] = "no"'
        ),
    ),
    Fault(
        "a model that denies one sex what it deserves",
        "fairness/sex/equalized-odds",
        lambda shop: seeing_people(shop).rows(
            """
women = rows["sex"] == "f"
rows.loc[women & (rows["case"] % 10 < 5), "repaid"] = "no"
"""
        ),
    ),
    Fault(
        "unequal opportunity",
        "fairness/sex/equal-opportunity",
        lambda shop: seeing_people(shop).rows(
            'rows.loc[(rows["sex"] == "f") & (rows["case"] % 10 < 6), "repaid"] = "no"'
        ),
    ),
    Fault(
        "more errors for one sex",
        "fairness/sex/error-rate",
        lambda shop: shop.rows(
            """
women = rows["sex"] == "f"
rows.loc[women, "repaid"] = rows.loc[women, "repaid"].sample(frac=1, random_state=4).to_numpy()
"""
        ),
    ),
    Fault(
        "scores that mean another thing for each sex",
        "fairness/sex/calibration",
        lambda shop: shop.rows(
            """
rows.loc[(rows["sex"] == "f") & (rows["case"] % 10 < 5), "repaid"] = "no"
rows.loc[(rows["sex"] == "m") & (rows["case"] % 10 < 4), "repaid"] = "yes"
"""
        ),
    ),
    Fault(
        "a bias that only an intersection shows",
        "fairness/sex & age/demographic-parity",
        lambda shop: seeing_people(shop).rows(
            """
old = rows["age"] >= 40
hit = ((rows["sex"] == "f") & old) | ((rows["sex"] == "m") & ~old)
rows["age"] = np.where(rows["case"] % 2 == 0, rows["age"] % 20 + 20, rows["age"] % 20 + 50)
old = rows["age"] >= 40
hit = ((rows["sex"] == "f") & old) | ((rows["sex"] == "m") & ~old)
rows.loc[hit & (rows["case"] % 10 < 6), "repaid"] = "no"
rows.loc[~hit & (rows["case"] % 10 < 3), "repaid"] = "yes"
"""
        ),
    ),
    Fault(
        "a group for whom the challenger is worse than the champion",
        "fairness/sex/champion",
        lambda shop: seeing_people(shop).model(
            own("return np.where(X[:, 6] > 0.5, 1 - probability, probability)")
        ),
    ),
    Fault(
        "a group too small to judge",
        "fairness/sex/demographic-parity",
        lambda shop: shop.rows('rows["sex"] = np.where(rows["case"] % 300 == 0, "f", "m")'),
    ),
    Fault(
        "a third group, too small to judge, of whom nobody is selected",
        "fairness/sex/demographic-parity",
        lambda shop: (
            seeing_people(shop)
            .replace("src/credit/contract.py", '["f", "m"]', '["f", "m", "x"]')
            .policy("  robustness:\n", "  fairness: {undecided: stop}\n  robustness:\n")
            .rows('rows.loc[rows["case"] % 50 == 0, ["sex", "repaid"]] = ["x", "no"]')
        ),
    ),
    Fault(
        "scores that mean another thing only in an intersection",
        "fairness/sex & age/calibration",
        lambda shop: shop.rows(
            """
old = rows["age"] >= 40
hit = ((rows["sex"] == "f") & old) | ((rows["sex"] == "m") & ~old)
rows.loc[hit & (rows["case"] % 10 < 5), "repaid"] = "no"
rows.loc[~hit & (rows["case"] % 10 < 4), "repaid"] = "yes"
"""
        ),
    ),
    # robustness
    Fault(
        "a model that looks at the other rows of a request",
        "robustness/row-order",
        lambda shop: shop.model(own("return np.clip(probability - probability.mean() + 0.5, 0.001, 0.999)")),
    ),
    Fault(
        "more debts that raise the odds",
        "robustness/metamorphic:more-debts",
        lambda shop: shop.rows('rows["debts"] = 6 - rows["debts"].clip(upper=6)'),
    ),
    Fault(
        "an answer that depends on the place",
        "robustness/metamorphic:moved-house",
        lambda shop: shop.rows(
            'rows.loc[(rows["region"] == "north") & (rows["case"] % 10 < 5), "repaid"] = "no"'
        ),
    ),
    Fault(
        "a model that falls over a little noise",
        "robustness/noise",
        lambda shop: (
            shop.rows(
                """
even = rows["income"] // 40 % 2 == 0
rows["repaid"] = np.where(even ^ (rows["case"] % 10 == 0), "yes", "no")
"""
            )
            .replace(
                "src/credit/features.py",
                '(SimpleImputer(strategy="median"), StandardScaler())',
                '(SimpleImputer(strategy="median"))',
            )
            .model(own("return np.where(X[:, 6] // 40 % 2 == 0, 0.9, 0.1)"))
        ),
    ),
    Fault(
        "a model that cannot do without a value",
        "robustness/missing",
        lambda shop: shop.policy("  robustness:\n", "  robustness:\n    missing: 0.6\n").rows(
            """
chance = 1 / (1 + np.exp(-(rows["savings"].fillna(0) - 3500) / 250))
rows["repaid"] = np.where(np.random.default_rng(5).random(len(rows)) < chance, "yes", "no")
"""
        ),
    ),
    # slices
    Fault(
        "a part of the rows on which the model does harm",
        "slices/harm",
        lambda shop: shop.rows(
            """
upside = (rows["region"] != "north") & (rows["owns"] == "yes")
flipped = np.where(rows["repaid"] == "yes", "no", "yes")
rows["repaid"] = np.where(upside, flipped, rows["repaid"])
"""
        ),
    ),
    # waivers
    Fault(
        "a waiver that expired, of a gate that is green by now",
        "waivers/expired",
        lambda shop: shop.policy(
            "gates:\n",
            "gates:\n  waivers: [{gate: 'data/leakage', owner: Ada, reason: old data, expires: '2020-01-01'}]\n",
        ),
    ),
    Fault(
        "a waiver that expired",
        "waivers/expired",
        lambda shop: shop.policy("floors: {roc_auc: 0.7}", "floors: {roc_auc: 0.95}").policy(
            "gates:\n",
            "gates:\n  waivers: [{gate: 'performance/floor:*', owner: Ada, reason: old data, expires: '2020-01-01'}]\n",
        ),
    ),
]


ROOMS = {fault.gate.partition("/")[0]: fault for fault in reversed(FAULTS)}
"""The first fault of each room: all gates are asked about it."""


def seen(verdicts: Sequence[Verdict], fault: Fault) -> None:
    red = {verdict.gate: verdict for verdict in verdicts if verdict.stops}
    assert fault.gate in red, "\n".join(f"{one.gate} {one.outcome}: {one.reason}" for one in verdicts)
    assert red[fault.gate].advice


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault not in ROOMS.values()], ids=lambda fault: fault.name
)
def test_a_planted_fault_is_named_by_its_gate(workshop: Any, fault: Fault) -> None:
    fault.plant(workshop)
    seen(workshop.verdicts(fault.gate.partition("/")[0]), fault)


@pytest.mark.parametrize("fault", ROOMS.values(), ids=lambda fault: fault.name)
def test_a_planted_fault_is_named_among_all_gates_and_stops_the_release(workshop: Any, fault: Fault) -> None:
    fault.plant(workshop)
    judged = workshop.judge()
    seen(judged.evaluation.verdicts, fault)
    with pytest.raises((GateFailed, GateInconclusive), match=fault.gate.partition("/")[0]):
        judging.require_pass(judged)


def test_a_gate_that_was_not_asked_is_explained_without_its_siblings_answer(reigning: Path) -> None:
    asked = CliRunner().invoke(explain, ["performance/floor:roc_auc"], obj=reigning).output
    other = CliRunner().invoke(explain, ["performance/floor:f1"], obj=reigning).output
    kind = CliRunner().invoke(explain, ["performance/floor:{metric}"], obj=reigning).output

    answer = "roc_auc is 0."
    assert answer in asked
    assert answer in kind
    assert answer not in other
    assert "did not ask performance/floor:f1" in other


@pytest.mark.parametrize("runtime", ["onnx", "python"])
def test_a_threshold_gives_the_rare_answer_back_in_both_runtimes(workshop: Any, runtime: str) -> None:
    rare = """
rare = np.random.default_rng(6).random(len(rows)) < np.where(rows["repaid"] == "yes", 0.25, 0.02)
rows["repaid"] = np.where(rare, "yes", "no")
"""
    workshop.unchampioned().rows(rare).policy("roc_auc: 0.7", "roc_auc: 0.6")
    workshop.policy("jobs: 1}}", "jobs: 1}, threshold: {costs: {false_positive: 1, false_negative: 5}}}")
    if runtime == "python":
        workshop.model(own("return probability"))
    judged = workshop.judge()

    decision = judged.bundle.manifest.decision
    assert judged.bundle.manifest.runtime == runtime
    assert decision
    assert 0.05 < decision.threshold < 0.4
    scores = judged.test.probabilities[:, judged.test.classes.index("yes")]
    assert list(judged.test.labels) == ["yes" if score >= decision.threshold else "no" for score in scores]
    found = {one.gate: one.outcome for one in judged.evaluation.verdicts}
    assert found["performance/class-recall"] == "pass"
    again, _, trained = training.train(Project(workshop.root), progress=print)
    assert (again.digest, trained) == (judged.bundle.digest, False)


def test_a_contract_that_was_narrowed_after_the_snapshot_is_in_the_report_and_can_be_waived(
    workshop: Any,
) -> None:
    project = Project(workshop.replace("src/credit/contract.py", "ge=0, le=20", "ge=0, le=4").root)
    champion = read_state(project.deployment("production")).champion
    assert champion
    bundle = project.bundles.get(champion.bundle)
    with pytest.raises(DataError, match="debts"):
        training.train(project, progress=print)
    judged = judging.judge(project, bundle, progress=print)

    (red,) = [one for one in judged.evaluation.verdicts if one.stops]
    assert (red.gate, red.outcome) == ("data/contract", "fail")
    assert "debts must be a whole number from 0 to 4, broken by" in red.reason
    assert "data/contract" in judged.markdown.read_text(encoding="utf-8")
    junit = judged.junit.read_text(encoding="utf-8")
    assert junit.count("<failure") == 1
    assert 'name="contract"' in junit
    waived = "gates:\n  waivers: [{gate: data/contract, owner: Ada, reason: known, expires: '2999-01-01'}]\n"
    project = Project(workshop.policy("gates:\n", waived).root)
    judging.require_pass(judging.judge(project, bundle, progress=print))


def test_a_champion_whose_branch_was_squashed_is_compared_with_all_the_same(workshop: Any) -> None:
    for words in (
        ("checkout", "--quiet", "--orphan", "squashed"),
        ("commit", "--quiet", "--message", "All in one"),
        ("branch", "--quiet", "-D", "main"),
        ("reflog", "expire", "--expire=now", "--all"),
        ("gc", "--quiet", "--prune=now"),
    ):
        git(workshop.root, *words)
    judged = workshop.rows('rows["income"] = (rows["income"] * 100).clip(upper=1000000)').judge()

    assert "data/jumps" in [one.gate for one in judged.evaluation.verdicts if one.stops]


def test_the_healthy_project_is_green_again_beside_its_champion(workshop: Any) -> None:
    judged = workshop.replace(
        "src/credit/model.py", "LogisticRegression()", "LogisticRegression(C=0.5)"
    ).judge()
    assert judged.evaluation.champion
    assert [one for one in judged.evaluation.verdicts if one.stops] == []
    judging.require_pass(judged)


def test_a_champion_without_the_new_feature_is_compared_on_the_same_rows(workshop: Any) -> None:
    feature = "    savings: float = pa.Field(ge=0, nullable=True)\n"
    workshop.replace("src/credit/contract.py", feature, feature + "    luck: float\n")
    workshop.replace("src/credit/features.py", '"savings"]', '"savings", "luck"]')
    judged = workshop.rows('rows["luck"] = np.sin(rows["case"])').judge()

    found = next(one for one in judged.evaluation.verdicts if one.gate == "performance/champion")
    assert found.outcome == "pass", found.reason
    assert found.figures


def test_a_model_of_another_outcome_is_judged_by_itself_once_callers_were_told(workshop: Any) -> None:
    judged = (
        workshop.replace("src/credit/contract.py", "    repaid: str", "    defaulted: str")
        .rows('rows = rows.rename(columns={"repaid": "defaulted"})')
        .policy("gates:\n", "gates:\n  data: {interface: allow}\n")
        .judge()
    )

    found = {one.gate: one for one in judged.evaluation.verdicts}
    assert (found["performance/champion"].outcome, found["performance/champion"].stops) == (
        "inconclusive",
        False,
    )
    assert "data/interface" in found["performance/champion"].advice
    assert (found["data/interface"].outcome, found["data/interface"].stops) == ("fail", False)
    assert "`defaulted`" in judged.markdown.read_text(encoding="utf-8")
    judging.require_pass(judged)


def test_a_gate_of_a_strangers_package_is_asked_explained_and_on_every_report(
    workshop: Any, toys: None
) -> None:
    (workshop.root / "requirements/dev.txt").write_text("trunkline-toys==1.0\n", encoding="utf-8")
    section = "plugins: [trunkline-toys]\ngates:\n  toys/mistakes: {most: 0.05}\n"
    judged = workshop.policy("gates:\n", section).judge()

    (red,) = [verdict for verdict in judged.evaluation.verdicts if verdict.stops]
    assert (red.gate, red.outcome, red.threshold) == ("toys/mistakes", "fail", 0.05)
    for report in (judged.markdown, judged.page, judged.junit):
        assert "mistakes" in report.read_text(encoding="utf-8")
    told = CliRunner().invoke(explain, ["toys/mistakes"], obj=workshop.root).output
    assert "gates.toys/mistakes.most: 0.05 (by default 0.5)" in told
    assert red.reason in " ".join(told.split())
