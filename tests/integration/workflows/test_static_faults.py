"""Each planted fault is caught, by the checker that is named for it and by none before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from workflows import checks
from workflows.faults import EVERYWHERE, FAULTS, GOOD, Everywhere, Fault
from workflows.finding import Finding
from workflows.inspection import CHECKERS, inspect
from workflows.repository import Repository, read
from workflows.tools.absence import ToolMissing

Findings = Callable[[Sequence[Repository], str], list[Finding]]
DATA_KEY = "TRUNKLINE_DATA_KEY: ${{ secrets.TRUNKLINE_DATA_KEY }}"
Caught = dict[str, dict[str, set[str]] | ToolMissing]
"""What each checker that runs here says of each fault: the rules, by the fault's name."""


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> Caught:
    """Every checker over all faults at once; all but our own checks look at the faulty file alone."""
    home = tmp_path_factory.mktemp("faults")
    planted = [read(fault.plant(home)) for fault in FAULTS]
    alone = [repository.only(fault.file) for repository, fault in zip(planted, FAULTS, strict=True)]
    said: Caught = {}
    for checker in CHECKERS:
        try:
            found = inspect(planted if checker == "own" else alone, checker)
        except ToolMissing as missing:
            said[checker] = missing
            continue
        rules: dict[str, set[str]] = {fault.name: set() for fault in FAULTS}
        for finding in found:
            rules[Path(finding.folder).name].add(finding.rule)
        said[checker] = rules
    return said


def before(checker: str, caught: Caught) -> Iterator[tuple[str, dict[str, set[str]]]]:
    """Yield what the checkers say that stand before one and run here."""
    for name, rules in caught.items():
        if name == checker:
            return
        if not isinstance(rules, ToolMissing):
            yield name, rules


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_good_repository_is_good(findings: Findings, checker: str) -> None:
    assert findings([read(GOOD)], checker) == []


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if not fault.uncaught], ids=lambda fault: fault.name
)
def test_a_fault_is_caught(fault: Fault, caught: Caught) -> None:
    rules = caught[fault.checker]
    if isinstance(rules, ToolMissing):
        pytest.skip(f"{fault.checker}: {rules}")

    assert fault.rule in rules[fault.name]
    assert [name for name, others in before(fault.checker, caught) if others[fault.name]] == []


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.uncaught], ids=lambda fault: fault.name)
def test_what_nobody_catches_is_named_truly(fault: Fault, caught: Caught) -> None:
    assert [name for name, rules in before("", caught) if rules[fault.name]] == []


def test_a_fault_that_changes_nothing_is_refused(tmp_path: Path) -> None:
    fault = Fault("same", FAULTS[0].file, lambda text: text)

    with pytest.raises(ValueError, match="same changes nothing"):
        fault.plant(tmp_path)


def test_the_list_is_long_and_each_kind_stands_in_it_once() -> None:
    names = Counter(fault.name for fault in FAULTS)

    assert len(names) >= 100
    assert set(names.values()) == {1}


def test_each_checker_and_each_check_of_our_own_is_the_first_to_catch_some_fault() -> None:
    first = {(fault.checker, fault.rule) for fault in FAULTS}

    assert {checker for checker, _ in first if checker} == set(CHECKERS)
    assert {rule for checker, rule in first if checker == "own"} == set(checks.CHECKS)


@pytest.mark.parametrize("fault", EVERYWHERE, ids=lambda fault: fault.name)
def test_a_fault_is_seen_in_each_workflow_that_is_really_used(
    fault: Everywhere, ours: Repository, template: Repository
) -> None:
    planted = 0
    for repository in (ours, template):
        found = Counter(finding.rule for finding in checks.run(repository))
        for file, faulty in fault.planted(repository):
            planted += 1
            assert Counter(finding.rule for finding in checks.run(faulty))[fault.rule] > found[fault.rule], (
                file
            )

    assert planted


RIGHT = re.compile(r"^ {6}[\w-]+: (read|write) # .*\n", re.MULTILINE)


def test_each_right_of_each_job_is_needed_and_none_is_missing_unseen(
    ours: Repository, template: Repository
) -> None:
    dropped = 0
    for repository in (ours, template):
        found = Counter(finding.rule for finding in checks.run(repository))
        for workflow in repository.workflows:
            for right in RIGHT.finditer(workflow.text):
                faulty = workflow.text[: right.start()] + workflow.text[right.end() :]
                changed = tuple(
                    replace(one, text=faulty) if one is workflow else one for one in repository.workflows
                )
                said = Counter(finding.rule for finding in checks.run(replace(repository, workflows=changed)))
                assert said["rights"] > found["rights"], f"{workflow.file}: {right.group().strip()}"
                dropped += 1
    assert dropped > 40


@pytest.mark.parametrize("more", ["issues: write", "packages: write", "contents: write", "actions: read"])
def test_a_right_that_nothing_needs_is_seen(template: Repository, more: str) -> None:
    workflow = next(one for one in template.workflows if one.file.endswith("ci.yml"))
    scope = more.partition(":")[0]
    text, count = re.subn(
        rf"(    name: Style, types, tests\n(?:.*\n)*?    permissions:\n)(?:      {scope}: read.*\n)?",
        rf"\1      {more} # for nothing\n",
        workflow.text,
        count=1,
    )
    assert count == 1
    changed = replace(template, workflows=(replace(workflow, text=text),))
    assert f"nothing in job code needs {more}" in {finding.message for finding in checks.run(changed)}


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (" && github.event.pull_request.head.repo.full_name == github.repository", "", "a stranger asks"),
        ("\n      && github.event.pull_request.user.type == 'User'", "", "a bot asks"),
        (
            "      - run: make bring\n        env:\n",
            f"      - run: make bring\n        env:\n          {DATA_KEY}\n",
            "secrets",
        ),
        (
            "    env:\n      MLFLOW_TRACKING_URI",
            f"    env:\n      {DATA_KEY}\n      MLFLOW_TRACKING_URI",
            "secrets",
        ),
        ("      - run: make rows", "      - run: make rows train", "secrets"),
        ("    environment: data", "    environment: automation", "in the environment automation"),
        ("      id-token: write #", "      packages: write #", "packages: write"),
    ],
)
def test_rows_behind_a_secret_are_met_by_nobody_and_nothing_else(
    template: Repository, was: str, becomes: str, said: str
) -> None:
    workflow = next(one for one in template.workflows if one.file.endswith("ci.yml"))
    start, end = (workflow.text.index(f"\n  {job}:\n") for job in ("guarded", "image"))
    job = workflow.text[start:end]
    assert job.count(was) == 1
    faulty = workflow.text[:start] + job.replace(was, becomes) + workflow.text[end:]
    changed = tuple(replace(one, text=faulty) if one is workflow else one for one in template.workflows)
    found = [one for one in checks.run(replace(template, workflows=changed)) if one.rule == "strangers"]
    assert any(said in finding.message for finding in found), found
