"""deepchecks asked about a trained bundle: kept beside its evaluation, and not asked twice.

The interpreter is one that answers at once: whether deepchecks itself works is tested in tests/integration/evaluation.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from trunkline.cli.deepchecks import deepchecks
from trunkline.core.errors import NotFoundError, PolicyError
from trunkline.core.project import Project
from trunkline.core.record import digits
from trunkline.core.verdicts import GateRun
from trunkline.evaluation.deepchecks import CHECKS
from trunkline.loop.gates.deepchecking import deepcheck
from trunkline.loop.model import snapshots

INTERPRETER = """#!{python}
# Stands in for an interpreter with deepchecks: every check that is asked holds, but those that `fails` names.
import json, shutil, sys
from pathlib import Path

request, output = Path(sys.argv[-2]), Path(sys.argv[-1])
if {broken}:
    raise SystemExit("broken")
names = {names}
for suite, left_out in json.loads(request.read_text())["suites"].items():
    rows = [name for name in names[suite] if name not in left_out]
    (output / f"{{suite}}.html").write_text("<html></html>")
    (output / f"{{suite}}.answers.json").write_text(json.dumps({{
        "schema": "trunkline/deepchecks-answers/1", "suite": suite, "version": "0.19.1", "seconds": 0.1,
        "checks": names[suite],
        "answers": [{{
            "check": name,
            "conditions": [{{"name": "c", "outcome": "FAIL" if name in {fails} else "PASS", "details": "so it is"}}],
        }} for name in rows],
    }}))
shutil.copy(request, output / "request.json")
shutil.copy(request.parent / "test.json", output / "test.json")
with open("{calls}", "a") as calls:
    calls.write("called\\n")
"""


def say(_: str) -> None:
    """Keep quiet."""


class World:
    """A project whose snapshot is locked, and the interpreter that its policy names."""

    def __init__(self, project: Project, *, split: str = "stratified") -> None:
        self.root = project.root
        self.split = split
        self.calls = project.root.parent / "calls"
        self.answer()
        self.policy()
        snapshots.snapshot(self.project, progress=say)

    @property
    def project(self) -> Project:
        """The project, read again."""
        return Project(self.root)

    def policy(self, **keys: object) -> None:
        """Write the policy's section."""
        path = self.root / "trunkline.yaml"
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "deepchecks:" not in line]
        section = json.dumps({"python": "tools/python"} | keys)
        lines.insert(lines.index("gates:") + 1, f"  deepchecks: {section}")
        text = "\n".join(lines) + "\n"
        text = text.replace("{minimum_rows: 300}", f"{{minimum_rows: 300, split: {{method: {self.split}}}}}")
        path.write_text(text, encoding="utf-8")

    def answer(self, *fails: str, broken: bool = False) -> None:
        """Write the interpreter."""
        path = self.root / "tools/python"
        path.parent.mkdir(exist_ok=True)
        names = {suite: [check.name for check in checks] for suite, checks in CHECKS.items()}
        path.write_text(
            INTERPRETER.format(
                python=sys.executable, broken=broken, names=names, fails=fails, calls=self.calls
            ),
            encoding="utf-8",
        )
        path.chmod(0o755)

    def ask(self, *, again: bool = False) -> GateRun:
        """Ask deepchecks."""
        return deepcheck(self.project, progress=say, again=again)

    def home(self, run: GateRun) -> Path:
        """Return the folder of the bundle's evaluation."""
        return self.project.evaluations / digits(run.bundle)

    @property
    def times(self) -> int:
        """How often deepchecks ran to its end."""
        return len(self.calls.read_text().splitlines()) if self.calls.exists() else 0


@pytest.fixture
def world(project: Project) -> World:
    """A project with an interpreter that answers."""
    return World(project)


def test_the_answers_and_reports_are_kept_beside_the_evaluation(world: World) -> None:
    run = world.ask()
    assert [(verdict.gate, verdict.outcome) for verdict in run.verdicts] == [
        ("deepchecks/data-integrity", "pass"),
        ("deepchecks/train-test-validation", "pass"),
        ("deepchecks/model-evaluation", "pass"),
    ]
    assert GateRun.read(world.home(run) / "deepchecks.json") == run
    assert run.verdicts[0].figures[0].rows == 1200
    for suite in CHECKS:
        assert (world.home(run) / f"deepchecks/{suite}.html").is_file()
    assert sorted(path.name for path in world.home(run).iterdir()) == ["deepchecks", "deepchecks.json"]


def test_only_what_the_model_sees_and_the_outcome_cross(world: World) -> None:
    run = world.ask()
    rows = json.loads((world.home(run) / "deepchecks/test.json").read_text(encoding="utf-8"))
    assert set(rows["columns"]) == {"case", "income", "region", "repaid"}
    assert max(rows["columns"]["case"]) < 1200
    assert rows["columns"]["case"] != sorted(rows["columns"]["case"])
    assert {len(values) for values in (*rows["columns"].values(), rows["predictions"])} == {300}


def test_no_more_rows_cross_than_the_policy_allows(world: World) -> None:
    world.policy(rows=100)
    run = world.ask()
    assert run.verdicts[0].figures[0].rows == 200


def test_the_same_bundle_under_the_same_policy_is_not_asked_again(world: World) -> None:
    first = world.ask()
    assert world.ask() == first
    assert world.times == 1


def test_it_is_asked_again_on_purpose_and_when_the_policy_changes(world: World) -> None:
    world.ask()
    world.ask(again=True)
    assert world.times == 2
    world.policy(suites=["data-integrity"])
    run = world.ask()
    assert world.times == 3
    assert [verdict.gate for verdict in run.verdicts] == ["deepchecks/data-integrity"]
    assert not (world.home(run) / "deepchecks/model-evaluation.html").exists()


def test_a_run_that_broke_is_red_and_asked_again(world: World) -> None:
    world.answer(broken=True)
    run = world.ask()
    assert [(verdict.outcome, verdict.stops) for verdict in run.verdicts] == [("fail", True)] * 3
    assert "exit code 1: broken" in run.verdicts[0].reason
    world.answer()
    assert {verdict.outcome for verdict in world.ask().verdicts} == {"pass"}


def test_what_the_policy_calls_blocking_blocks(world: World) -> None:
    world.answer("Data Duplicates")
    assert not any(verdict.stops for verdict in world.ask().verdicts)
    world.policy(blocking=["Data Duplicates"])
    (stop,) = (verdict for verdict in world.ask().verdicts if verdict.stops)
    assert stop.gate == "deepchecks/data-integrity"
    assert "Failed and blocking: Data Duplicates (so it is)." in stop.reason


def test_a_check_that_does_not_exist_is_refused_before_anything_is_trained(world: World) -> None:
    world.policy(blocking=["Data Duplicate"])
    with pytest.raises(PolicyError, match=r"gates\.deepchecks\.blocking names the check Data Duplicate,"):
        world.ask()
    assert not world.project.keys.exists()


def test_a_check_that_this_model_cannot_be_asked_is_refused(world: World) -> None:
    world.policy(blocking=["Regression Error Distribution"])
    with pytest.raises(PolicyError, match="the outcome is a class"):
        world.ask()
    assert world.times == 0


def test_without_its_environment_the_next_step_is_named_before_anything_is_trained(world: World) -> None:
    (world.root / "tools/python").unlink()
    with pytest.raises(NotFoundError, match="no interpreter") as caught:
        world.ask()
    assert "make deepchecks" in caught.value.next_step
    assert not world.project.keys.exists()


def test_an_event_time_that_is_no_date_does_not_cross_in_a_temporal_split(
    tmp_path: Path, make_project: Callable[[Path], Project]
) -> None:
    world = World(make_project(tmp_path / "temporal"), split="temporal")
    run = world.ask()
    request = json.loads((world.home(run) / "deepchecks/request.json").read_text(encoding="utf-8"))
    assert request["date"] == ""
    assert "Date Train Test Leakage Overlap" in request["suites"]["train-test-validation"]


def test_an_event_time_that_is_a_date_crosses_in_a_temporal_split(
    tmp_path: Path, make_project: Callable[[Path], Project]
) -> None:
    project = make_project(tmp_path / "temporal")
    contract, rows = project.root / "src/loans/contract.py", project.root / "src/loans/data.py"
    contract.write_text(contract.read_text().replace("month: int = pa.Field(ge=0,", "month: str = pa.Field("))
    rows.write_text(
        rows.read_text().replace(
            "np.arange(rows) // 100", "pd.date_range('2026-01-01', periods=rows).strftime('%Y-%m-%d')"
        )
    )
    world = World(project, split="temporal")
    run = world.ask()
    request = json.loads((world.home(run) / "deepchecks/request.json").read_text(encoding="utf-8"))
    assert request["date"] == "month"
    assert request["suites"]["train-test-validation"] == ["Train Test Samples Mix"]


def test_the_verb_shows_the_verdicts_and_where_the_reports_lie(world: World) -> None:
    world.answer("Feature Drift")
    done = CliRunner().invoke(deepchecks, obj=world.root)
    assert done.exit_code == 0, done.output
    assert "deepchecks/train-test-validation (does not block): Of 9 checks 8 hold." in done.output
    assert "reports:" in done.output
    CliRunner().invoke(deepchecks, ["--again"], obj=world.root)
    assert world.times == 2
