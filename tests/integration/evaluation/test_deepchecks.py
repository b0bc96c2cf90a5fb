"""deepchecks for real, in the environment of its lock; and a process that breaks in every way it can.

The environment is installed once a session (a minute or two); TRUNKLINE_DEEPCHECKS_PYTHON names one that is there.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pytest
from tenacity import Retrying, stop_after_delay, wait_fixed

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import NotFoundError
from trunkline.core.policy.gates import DeepchecksGates, Suite
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.deepchecks import (
    CHECKS,
    date_column,
    exchange,
    left_out,
    run_suites,
    verdicts_of,
    write_exchange,
)
from trunkline.evaluation.deepchecks.process import SCRIPT

LOCK = Path(__file__).parents[3] / "template/{{cookiecutter.__slug}}/requirements/deepchecks.txt"
UNREACHABLE = re.compile(
    r"NewConnectionError|ConnectTimeout|Connection (?:refused|reset)|ProxyError|Name or service|name resolution"
)
SUITES: tuple[Suite, ...] = ("data-integrity", "train-test-validation", "model-evaluation")
Ask = Callable[..., dict[str, Verdict]]


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with deepchecks, installed from the lock with hashes."""
    given = os.environ.get("TRUNKLINE_DEEPCHECKS_PYTHON", "")
    if given:
        return Path(given)
    if sys.version_info[:2] > (3, 12):
        pytest.skip(
            "deepchecks needs Python 3.11 or 3.12; TRUNKLINE_DEEPCHECKS_PYTHON may name an environment"
        )
    home = tmp_path_factory.mktemp("deepchecks")
    python = home / "bin/python"
    locked = ["--quiet", "--require-hashes", "--requirement", str(LOCK)]
    # uv links what it has unpacked once; where it cannot be had, or does not reach the packages, pip installs.
    uv = shutil.which("uv")
    if uv and not _run(uv, "venv", "--quiet", "--python", sys.executable, home).returncode:
        done = _run(uv, "pip", "install", "--python", python, *locked)
        if not done.returncode:
            return python
    _run(sys.executable, "-m", "venv", "--clear", home).check_returncode()
    pip = ["--disable-pip-version-check", "--no-compile", "--retries", "1"]
    done = _run(python, "-m", "pip", "install", *pip, *locked)
    if done.returncode and UNREACHABLE.search(done.stdout + done.stderr):
        pytest.skip("the package index cannot be reached to install deepchecks")
    assert done.returncode == 0, done.stderr
    return python


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)


def shop(kind: str) -> Contract:
    """Return a contract with columns of every type."""
    outcome = {
        "binary": Column(name="bought", type="category", role=Role.OUTCOME, categories=("buys", "leaves")),
        "multiclass": Column(name="size", type="category", role=Role.OUTCOME, categories=("l", "m", "s")),
        "regression": Column(name="spent", type="number", role=Role.OUTCOME),
    }[kind]
    return Contract(
        name="shop",
        columns=(
            Column(name="visit", type="integer", role=Role.KEY),
            Column(name="day", type="text", role=Role.TIME),
            Column(name="income", type="number", nullable=True),
            Column(name="visits", type="integer"),
            Column(name="member", type="boolean", nullable=True),
            Column(name="region", type="category", categories=("east", "north", "south"), nullable=True),
            Column(name="note", type="text", nullable=True),
            outcome,
        ),
        positive="buys" if kind == "binary" else "",
    )


def visits(kind: str, rows: int, seed: int, first: int = 0) -> Scored:
    """Return rows whose outcome depends on three columns, and the answers of a model that knows how."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "visit": range(first, first + rows),
            "day": pd.date_range("2026-01-01", periods=rows, freq="h") + pd.Timedelta(hours=first),
            "income": draw.gamma(4.0, 25.0, rows).round(2),
            "visits": draw.integers(0, 50, rows),
            "member": pd.array(draw.random(rows) < 0.5, dtype="boolean"),
            "region": draw.choice(["east", "north", "south"], rows),
            "note": [f"came by way {place}" for place in draw.integers(0, 400, rows)],
        }
    )
    frame["day"] = frame["day"].dt.strftime("%Y-%m-%d %H:%M")
    known = (frame["income"] - 100) / 20 + (frame["region"] == "north") + (frame["visits"] - 25) / 12
    score = known.to_numpy(dtype=float)
    frame.loc[draw.random(rows) < 0.03, ["income", "member", "region", "note"]] = None
    if kind == "regression":
        return Scored(frame.assign(spent=score + draw.normal(size=rows)), score, None)
    logits = np.c_[score, -score] if kind == "binary" else np.c_[score, np.full(rows, 0.7), -score]
    chances = np.exp(logits)
    chances /= chances.sum(axis=1, keepdims=True)
    names = np.array(["buys", "leaves"] if kind == "binary" else ["l", "m", "s"], dtype=object)
    truth = (draw.random((rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(max=len(names) - 1)
    name = "bought" if kind == "binary" else "size"
    return Scored(frame.assign(**{name: names[truth]}), names[chances.argmax(axis=1)], chances, tuple(names))


def healthy(kind: str) -> tuple[Scored, Scored]:
    """Return 900 rows to learn from and 300 newer ones to judge by."""
    return visits(kind, 900, 1), visits(kind, 300, 2, first=900)


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Put rows and answers to an interpreter and return the verdicts by suite."""

    def call(
        python: Path,
        kind: str = "binary",
        parts: tuple[Scored, Scored] | None = None,
        suites: tuple[Suite, ...] = SUITES,
        *,
        blocking: tuple[str, ...] = (),
        script: Path = SCRIPT,
        timeout_s: int = 600,
    ) -> dict[str, Verdict]:
        contract, (train, test) = shop(kind), parts or healthy(kind)
        rules = DeepchecksGates(suites=suites, blocking=blocking, timeout_s=timeout_s)
        date = date_column(contract, [train.frame, test.frame], temporal=True)
        without = {suite: left_out(suite, contract, date=bool(date)) for suite in suites}
        request = write_exchange(tmp_path, exchange(train, test, contract, left_out=without, date=date))
        output = tmp_path / "output"
        output.mkdir()
        problem = run_suites(python, request, output, timeout_s=timeout_s, script=script)
        rows = len(train.frame) + len(test.frame)
        found = verdicts_of(output, problem, rules, without, rows=rows)
        return {verdict.gate.removeprefix("deepchecks/"): verdict for verdict in found}

    return call


def patched(folder: Path, *lines: str) -> Path:
    """Return the script with lines that run before its main function; they may break deepchecks."""
    start = 'if __name__ == "__main__":\n'
    text = SCRIPT.read_text(encoding="utf-8")
    assert start in text
    path = folder / "patched.py"
    path.write_text(text.replace(start, start + "".join(f"    {line}\n" for line in lines)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("kind", "suites", "blocking"),
    [
        ("binary", SUITES, ("Data Duplicates", "Index Train Test Leakage", "Train Test Performance")),
        ("multiclass", SUITES[2:], ("Roc Report",)),
        ("regression", (SUITES[0], SUITES[2]), ("Is Single Value", "Simple Model Comparison")),
    ],
)
def test_a_healthy_model_is_asked_everything_and_nothing_crashes(
    python: Path, ask: Ask, tmp_path: Path, kind: str, suites: tuple[Suite, ...], blocking: tuple[str, ...]
) -> None:
    verdicts = ask(python, kind, suites=suites, blocking=blocking)
    assert tuple(verdicts) == suites
    for suite, verdict in verdicts.items():
        assert not verdict.stops, verdict.reason
        assert not re.search("Crashed|Could not say", verdict.reason), verdict.reason
        answers = json.loads((tmp_path / f"output/{suite}.answers.json").read_text(encoding="utf-8"))
        checks = CHECKS[cast("Suite", suite)]
        assert answers["checks"] == [check.name for check in checks]
        mute = {row["check"] for row in answers["answers"] if not row["conditions"]}
        assert mute <= {check.name for check in checks if not check.condition}
        page = (tmp_path / f"output/{suite}.html").read_text(encoding="utf-8")
        assert "</html>" in page
        assert not re.search(r"<(?:script|link)[^>]+(?:src|href)=\"https?:", page)
        assert json.loads((tmp_path / f"output/{suite}.json").read_text(encoding="utf-8"))["results"]


def test_rows_that_repeat_a_check_that_crashes_and_one_that_calls_home_are_named(
    python: Path, ask: Ask, tmp_path: Path
) -> None:
    script = patched(
        tmp_path,
        "import deepchecks, socket",
        "from deepchecks.tabular.checks import MixedNulls, SpecialCharacters",
        "def crash(*_, **__): raise KeyError('no such column')",
        "MixedNulls.run_logic = crash",
        "def call(*_, **__): socket.create_connection(('127.0.0.1', 9))",
        "SpecialCharacters.run_logic = call",
    )
    train, test = healthy("binary")
    assert train.probabilities is not None
    twice = np.arange(len(train.frame)) // 2
    repeated = Scored(
        train.frame.iloc[twice].reset_index(drop=True),
        train.labels[twice],
        train.probabilities[twice],
        train.classes,
    )
    suite = SUITES[0]
    verdict = ask(python, "binary", (repeated, test), (suite,), blocking=("Data Duplicates",), script=script)[
        suite
    ]
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Failed and blocking: Data Duplicates (Found 37.5% duplicate data)." in verdict.reason
    assert "Mixed Nulls (KeyError: 'no such column')" in verdict.reason
    assert "Special Characters (PermissionError: deepchecks may not use the network" in verdict.reason
    (package,) = python.parents[1].glob("lib/python*/site-packages/deepchecks")
    assert not (package / ".user_id").exists(), "deepchecks asked its maker who the user is"


def test_a_test_part_that_drifted_is_named(python: Path, ask: Ask) -> None:
    train, test = healthy("regression")
    moved = Scored(test.frame.assign(income=test.frame["income"] * 4), test.labels, None)
    suite = SUITES[1]
    verdict = ask(python, "regression", (train, moved), (suite,), blocking=("Feature Drift",))[suite]
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Failed and blocking: Feature Drift" in verdict.reason
    assert "Crashed" not in verdict.reason


def test_a_model_that_guesses_is_named(python: Path, ask: Ask) -> None:
    train, test = healthy("multiclass")
    mixed = np.random.default_rng(5).permutation(len(test.frame))
    assert test.probabilities is not None
    guess = Scored(test.frame, test.labels[mixed], test.probabilities[mixed], test.classes)
    suite = SUITES[2]
    verdict = ask(python, "multiclass", (train, guess), (suite,), blocking=("Train Test Performance",))[suite]
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "Failed and blocking: Train Test Performance" in verdict.reason
    assert "Simple Model Comparison" in verdict.reason


def test_too_few_rows_are_inconclusive_and_never_pass(python: Path, ask: Ask) -> None:
    few = visits("regression", 30, 1), visits("regression", 8, 2, first=30)
    suite = SUITES[1]
    verdict = ask(python, "regression", few, (suite,), blocking=("Label Drift",))[suite]
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)
    assert "Could not say: " in verdict.reason
    assert "Label Drift" in verdict.reason


def test_an_interpreter_without_deepchecks_is_an_error_that_says_what_to_do(ask: Ask) -> None:
    with pytest.raises(NotFoundError, match="No module named 'deepchecks'") as caught:
        ask(Path(sys.executable))
    assert "make deepchecks" in caught.value.next_step


@pytest.mark.parametrize("content", [None, "#!/nowhere/python\n"])
def test_an_interpreter_that_is_missing_is_an_error_that_says_what_to_do(
    ask: Ask, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "python"
    if content:
        path.write_text(content)
        path.chmod(0o755)
    with pytest.raises(NotFoundError, match=str(path)) as caught:
        ask(path)
    assert "make deepchecks" in caught.value.next_step


def fake(folder: Path, *lines: str) -> Path:
    """Return a script that stands in for the one that runs deepchecks; `output` is its folder."""
    path = folder / "fake.py"
    head = ("import os, sys", "from pathlib import Path", "output = Path(sys.argv[2])")
    path.write_text("\n".join((*head, *lines)) + "\n", encoding="utf-8")
    return path


def test_a_process_that_does_not_end_is_killed_with_what_it_started_and_red(ask: Ask, tmp_path: Path) -> None:
    script = fake(
        tmp_path,
        "import signal, subprocess",
        "wait = [sys.executable, '-c', 'import signal; signal.pause()']",
        "(output / 'child').write_text(str(subprocess.Popen(wait).pid))",
        "signal.pause()",
    )
    verdicts = ask(Path(sys.executable), script=script, timeout_s=2)
    assert [verdict.stops for verdict in verdicts.values()] == [True, True, True]
    assert "had not ended after 2 seconds (gates.deepchecks.timeout_s)" in verdicts[SUITES[0]].reason
    child = int((tmp_path / "output/child").read_text())
    # a busy machine takes a moment to end a process that was killed
    for attempt in Retrying(stop=stop_after_delay(20), wait=wait_fixed(0.05), reraise=True):
        with attempt:
            assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        # an orphan that nobody has buried yet is dead all the same
        state = Path(f"/proc/{pid}/stat")
        return not (state.is_file() and state.read_text().rsplit(")", 1)[1].split()[0] in "ZX")
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("raise SystemExit('out of memory')", "ended with exit code 1: out of memory"),
        (f"os.kill(os.getpid(), {int(signal.SIGKILL)})", "ended with exit code -9"),
        ("pass", "it ended without any"),
    ],
)
def test_a_process_that_leaves_no_answers_is_red_and_says_how_it_ended(
    ask: Ask, tmp_path: Path, line: str, words: str
) -> None:
    for verdict in ask(Path(sys.executable), script=fake(tmp_path, line)).values():
        assert (verdict.outcome, verdict.stops) == ("fail", True)
        assert words in verdict.reason


@pytest.mark.parametrize(
    "content",
    [
        "not JSON",
        "[]",
        "{}",
        '{"schema": "trunkline/deepchecks-answers/1", "suite": "data-integrity", "answers": "all well"}',
        '{"schema": "trunkline/deepchecks-answers/1", "suite": "model-evaluation", "version": "1", '
        '"checks": [], "answers": [], "seconds": 1}',
        "\\xff",
    ],
)
def test_answers_that_cannot_be_read_are_red(ask: Ask, tmp_path: Path, content: str) -> None:
    line = f"(output / 'data-integrity.answers.json').write_bytes({content!r}.encode('latin-1'))"
    verdict = ask(Path(sys.executable), suites=SUITES[:1], script=fake(tmp_path, line))[SUITES[0]]
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert "its answers" in verdict.reason


def test_a_suite_that_was_ready_in_time_keeps_its_answers(ask: Ask, tmp_path: Path) -> None:
    answers = {
        "schema": "trunkline/deepchecks-answers/1",
        "suite": "data-integrity",
        "version": "0.19.1",
        "checks": [],
        "answers": [
            {"check": check.name, "conditions": [{"name": "c", "outcome": "PASS", "details": ""}]}
            for check in CHECKS["data-integrity"]
        ],
        "seconds": 1.0,
    }
    script = fake(
        tmp_path,
        f"(output / 'data-integrity.answers.json').write_text({json.dumps(answers)!r})",
        "raise SystemExit(9)",
    )
    verdicts = ask(Path(sys.executable), script=script)
    assert [verdict.outcome for verdict in verdicts.values()] == ["pass", "fail", "fail"]


def test_secrets_and_paths_of_this_process_do_not_reach_the_other_one(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_SMTP_PASSWORD", "secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    script = fake(
        tmp_path,
        "import json",
        "(output / 'seen.json').write_text(json.dumps([dict(os.environ), sys.path]))",
    )
    ask(Path(sys.executable), script=script)
    environment, path = json.loads((tmp_path / "output/seen.json").read_text(encoding="utf-8"))
    assert not {"TRUNKLINE_SMTP_PASSWORD", "PYTHONPATH"} & set(environment)
    assert str(tmp_path) not in path
    assert environment["DISABLE_LATEST_VERSION_CHECK"] == "True"


def test_the_lock_holds_what_the_requirement_asks_for_with_hashes_and_no_address() -> None:
    lock = LOCK.read_text(encoding="utf-8")
    assert "://" not in lock
    entries = re.split(r"\n(?=\S)", lock.strip())
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\S+ ", entry), entry
        assert "--hash=sha256:" in entry
    for need in LOCK.with_suffix(".in").read_text(encoding="utf-8").splitlines():
        if "==" in need:
            assert f"\n{need} " in f"\n{lock}"
