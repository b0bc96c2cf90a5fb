"""What deepchecks said, as verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from trunkline.core.errors import StorageError
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import DeepchecksGates, Suite
from trunkline.core.record import Record
from trunkline.core.verdicts import Outcome, Verdict

from .checks import CHECKS
from .suites import SCHEMA

UNDECIDED = (
    "DatasetValidationError",
    "DeepchecksNotSupportedError",
    "DeepchecksProcessError",
    "DeepchecksTimeoutError",
    "ModelValidationError",
    "NotEnoughSamplesError",
    "NumberOfFeaturesLimitError",
)
"""Errors by which deepchecks says that these data or this model cannot be asked; any other one is a crash."""

AGAIN = (
    "Run trunkline deepchecks again; if it breaks again, give it more time (gates.deepchecks.timeout_s), fewer rows "
    "(gates.deepchecks.rows), or make its environment anew: rm -r .venv-deepchecks, make deepchecks."
)
"""What to do about a suite that gave no answers."""
SHOWN = 160
"""Letters of what a check says that a reason repeats."""


class ConditionAnswer(Record):
    """What became of one condition of a check."""

    name: str
    outcome: Literal["PASS", "WARN", "FAIL", "ERROR"]
    details: str = ""


class CheckAnswer(Record):
    """What a check said: its conditions, or the error that it ended with."""

    check: str
    conditions: tuple[ConditionAnswer, ...] = ()
    error: str = ""
    message: str = ""

    def first(self, outcome: str) -> str | None:
        """Return the details of the first condition with this outcome, None without one."""
        return next((found.details for found in self.conditions if found.outcome == outcome), None)


class SuiteAnswers(Record):
    """What a suite said; written by the other interpreter, checked here."""

    SCHEMA: ClassVar[str] = SCHEMA

    suite: Suite
    version: str
    checks: tuple[str, ...]
    answers: tuple[CheckAnswer, ...]
    seconds: float

    def having(self, outcome: str) -> dict[str, str]:
        """Return the checks that have a condition with this outcome, each with its details."""
        return {row.check: said for row in self.answers if (said := row.first(outcome)) is not None}


def read_answers(path: Path) -> SuiteAnswers | str:
    """Return what a suite said, or in words why that cannot be read."""
    if not path.is_file():
        return ""
    try:
        answers = SuiteAnswers.read(path)
    except (StorageError, json.JSONDecodeError, RecursionError) as error:
        return f"its answers cannot be read: {str(error)[:300]}"
    if f"{answers.suite}.answers.json" != path.name:
        return f"its answers are those of the suite {answers.suite}"
    return answers


@dataclass(frozen=True)
class SuiteCase:
    """What a suite said, or in words why it gave no answers."""

    suite: Suite
    answers: SuiteAnswers | str
    rules: DeepchecksGates
    left_out: Mapping[str, str]
    rows: int


class DeepchecksSuite(Gate[SuiteCase]):
    """The suite runs in a process of its own on the rows and answers, written as files without keys or users;
    its full report is kept beside the evaluation. Checks that the policy names in `blocking` stop a release
    when they fail, warn or cannot say; so does any check that crashes.

    Pass: Every condition of the suite's checks holds.
    Fail: A condition does not hold, a check crashed, or the suite gave no answers.
    Inconclusive: A check could not say anything about these data.
    Advice: Open the suite's report, `deepchecks/<suite>.html` beside the evaluation (what to do about a red
    answer names it too): each check says what it saw and which rows.
    Source: deepchecks 0.19.1.
    """

    name = "deepchecks/{suite}"
    question = "Do all conditions of this suite of deepchecks hold?"
    keys = (
        "gates.deepchecks.suites",
        "gates.deepchecks.blocking",
        "gates.deepchecks.rows",
        "gates.deepchecks.timeout_s",
    )

    def verdict(self, case: SuiteCase) -> Verdict:
        """Answer whether all conditions of a suite hold.

        A check that crashed stops a release, and so does one that the policy calls blocking when it failed, warned or
        could not say.
        """
        answers, blocking, gate = case.answers, case.rules.blocking, f"deepchecks/{case.suite}"
        if isinstance(answers, str):
            return self.answer("fail", f"The suite gave no answers: {answers}.", gate=gate, advice=AGAIN)
        crashed, failed, warned = _crashed(answers, case), answers.having("FAIL"), answers.having("WARN")
        undecided = {row.check: row.message for row in answers.answers if row.error in UNDECIDED}
        # Some checks, Data Duplicates among them, only ever warn: to call one blocking must mean something.
        stopping = {name: why for name, why in (warned | failed).items() if name in blocking}
        stops = bool(crashed or stopping or set(blocking) & set(undecided))
        outcome: Outcome = "pass"
        if crashed or stopping or (failed and not stops):
            outcome = "fail"
        elif stops or undecided:
            outcome = "inconclusive"
        red = {*crashed, *failed, *stopping}
        asked = {*(row.check for row in answers.answers), *crashed}
        parts = [
            f"Of {len(asked)} checks {len(asked - red - set(undecided))} hold.",
            _listed("Crashed", crashed),
            _listed("Failed and blocking", stopping),
            _listed("Failed", {name: why for name, why in failed.items() if name not in stopping}),
            _listed("Could not say", undecided),
            _listed("Warned", {name: why for name, why in warned.items() if name not in red}),
            _listed("Not asked", case.left_out),
        ]
        return self.answer(
            outcome,
            " ".join(part for part in parts if part),
            gate=gate,
            threshold=0.0,
            figures=(Figure(name="checks that do not hold", value=float(len(red)), rows=case.rows),),
            blocking=stops,
            advice="" if outcome == "pass" else _advice(case.suite, bool(crashed), stops),
        )


def _crashed(answers: SuiteAnswers, case: SuiteCase) -> dict[str, str]:
    """Return the checks that ended with an error, were not run, or are called blocking and ask nothing."""
    heard = {row.check for row in answers.answers}
    return {
        **{
            row.check: f"{row.error}: {row.message}"
            for row in answers.answers
            if row.error and row.error not in UNDECIDED
        },
        **answers.having("ERROR"),
        **{
            check.name: "the installed deepchecks did not run it"
            for check in CHECKS[answers.suite]
            if check.name not in heard and check.name not in case.left_out
        },
        # It would hold whatever the data are.
        **{
            row.check: "it answered without a condition"
            for row in answers.answers
            if row.check in case.rules.blocking and not (row.conditions or row.error)
        },
    }


def verdicts_of(
    output: Path,
    problem: str,
    rules: DeepchecksGates,
    left_out: Mapping[Suite, Mapping[str, str]],
    *,
    rows: int,
) -> tuple[Verdict, ...]:
    """Return a verdict for each suite of the policy, from what the other process left in `output`.

    `problem` says how that process ended, empty when well: a suite without answers then fails with it.
    """
    verdicts = []
    for suite in dict.fromkeys(rules.suites):
        answers = read_answers(output / f"{suite}.answers.json")
        answers = answers or problem or "it ended without any"
        verdicts.append(DeepchecksSuite().verdict(SuiteCase(suite, answers, rules, left_out[suite], rows)))
    return tuple(verdicts)


def _advice(suite: str, crashed: bool, stops: bool) -> str:
    page = (
        f"Open deepchecks/{suite}.html beside this report: it shows the rows and columns behind each check."
    )
    if crashed:
        return f"{page} A check that crashes meets data that it was not made for, or another deepchecks than locked."
    if stops:
        return f"{page} Correct the data or the model; or unblock the check (gates.deepchecks.blocking) in a review."
    return f"{page} To hold up releases on a check, name it in gates.deepchecks.blocking."


def _listed(head: str, found: Mapping[str, str]) -> str:
    by_reason: dict[str, list[str]] = {}
    for name, why in found.items():
        by_reason.setdefault(_short(why), []).append(name)
    rows = [f"{', '.join(names)} ({why})" for why, names in by_reason.items()]
    return f"{head}: {'; '.join(rows)}." if rows else ""


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= SHOWN else line[: SHOWN - 1].rstrip() + "…"
