from __future__ import annotations

import ast
import re
from itertools import product
from pathlib import Path

import pytest

import trunkline
from trunkline.core.errors import NotFoundError
from trunkline.core.gate import Gate, gates
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.reports.catalogue import Setting, catalogue_markdown, entry_of, settings_of
from trunkline.evaluation.reports.rooms import ROOMS, by_room

SOURCE = Path(trunkline.__file__).parent
GATE = re.compile(rf"(?:{'|'.join(ROOMS)})/[a-z\x00][a-z:\x00-]*(?:/[a-z\x00-]+)?")
"""A gate's name as the code writes it, NUL for what it puts in at run time."""
FILLINGS = ("name", "name:roc_auc", "colour & sex", "data-integrity", "demographic-parity")
"""What the code may put in."""


def fillings(gate: str) -> set[str]:
    """The names that a gate's NULs may become."""
    first, *rest = gate.split("\0")
    return {
        first + "".join(filling + part for filling, part in zip(chosen, rest, strict=True))
        for chosen in product(FILLINGS, repeat=len(rest))
    }


def written_gates() -> set[str]:
    """Every gate's name in the code; of an f-string, with a NUL for each value."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                text = "".join(
                    str(one.value) if isinstance(one, ast.Constant) else "\0" for one in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            if GATE.fullmatch(text):
                found.add(text + "\0" * text.endswith(":"))
    return found


def test_every_gate_that_the_code_can_name_is_explained_by_exactly_one_entry() -> None:
    written = written_gates()
    assert len(written) > 15
    for gate in written:
        kinds = [sum(entry.matches(name) for entry in gates()) for name in fillings(gate)]
        assert max(kinds) == 1, gate.replace("\0", "{...}")


def test_both_questions_of_slices_name_the_keys_that_they_are_asked_by() -> None:
    for gate in ("slices/weak", "slices/harm"):
        asked = {f"gates.slices.{key}" for key in ("depth", "minimum_rows", "gap", "significance")}
        assert asked <= set(entry_of(gate).keys)


@pytest.mark.parametrize(
    ("gate", "pattern"),
    [
        ("data/rows", "data/rows"),
        ("performance/floor:neg_mean_absolute_error", "performance/floor:{metric}"),
        ("performance/slice:young-men:roc_auc", "performance/slice:{slice}:{metric}"),
        ("performance/metric:cost_in_euro", "performance/metric:{metric}"),
        ("fairness/sex/demographic-parity", "fairness/{attribute}/demographic-parity"),
        ("fairness/colour & sex/equalized-odds", "fairness/{attribute}/equalized-odds"),
        ("fairness/none", "fairness/none"),
        ("fairness/none/champion", "fairness/{attribute}/champion"),
        ("robustness/metamorphic:more-checks", "robustness/metamorphic:{name}"),
        ("deepchecks/model-evaluation", "deepchecks/{suite}"),
        ("deepchecks/not-run", "deepchecks/not-run"),
        ("load/not-run", "load/not-run"),
        ("load/{latency}", None),
        ("waivers/expired", "waivers/expired"),
        ("performance/floor:{metric}", "performance/floor:{metric}"),
    ],
)
def test_a_gate_is_explained_by_the_entry_of_its_kind(gate: str, pattern: str | None) -> None:
    if pattern is None:
        with pytest.raises(NotFoundError):
            entry_of(gate)
        return
    assert entry_of(gate).name == pattern
    assert sum(entry.matches(gate) for entry in gates()) == 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fairness/sex/demografic-parity", "fairness/{attribute}/demographic-parity"),
        ("overfit", "performance/overfit"),
        ("Data/Leakage", "data/leakage"),
    ],
)
def test_an_unknown_gate_is_refused_with_close_matches(typed: str, meant: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        entry_of(typed)
    assert meant in refused.value.next_step


def test_gates_of_the_project_are_suggested_before_patterns() -> None:
    with pytest.raises(NotFoundError) as refused:
        entry_of("fairness/sex/demographic-partiy", known=["fairness/sex/demographic-parity"])
    assert refused.value.next_step.startswith("did you mean fairness/sex/demographic-parity or ")


def test_an_unknown_gate_that_resembles_nothing_is_refused_without_a_guess() -> None:
    with pytest.raises(NotFoundError) as refused:
        entry_of("zzzzzz")
    assert "did you mean" not in refused.value.next_step


def setting(gate: str, key: str, policy: Policy | None = None) -> Setting:
    return next(one for one in settings_of(entry_of(gate), policy) if one.key == key)


def test_a_policy_key_is_read_from_the_policy_of_now() -> None:
    policy = Policy.model_validate(
        {"name": "a", "package": "a", "gates": {"data": {"conflicts": None}, "performance": {"metric": "f1"}}}
    )
    conflicts = setting("data/conflicts", "gates.data.conflicts", policy)
    assert (conflicts.value, conflicts.default) == ("null", "0.05")
    assert setting("performance/baseline", "gates.performance.metric", policy).value == "f1"
    parity = setting("fairness/sex/demographic-parity", "gates.fairness.demographic_parity_ratio")
    assert "four-fifths" in parity.meaning


def test_a_policy_key_of_sections_is_shown_as_it_is_written() -> None:
    test = {"name": "checks", "column": "checks", "add": 1, "expect": "not-higher"}
    policy = Policy.model_validate(
        {"name": "a", "package": "a", "gates": {"robustness": {"metamorphic": [test]}}}
    )
    shown = setting("robustness/metamorphic:checks", "gates.robustness.metamorphic", policy).value
    assert '"column": "checks"' in shown


def test_a_gate_that_names_a_key_which_the_policy_has_not_is_refused() -> None:
    class Lost(Gate[None]):
        """No."""

        name, question, keys = "toys/lost", "Is it there?", ("gates.data.nope",)

        def verdict(self, case: None) -> Verdict:
            return self.answer("pass", "It is.")

    with pytest.raises(NotFoundError, match="no key gates"):
        settings_of(Lost)


def test_rooms_stand_in_the_order_in_which_to_look_at_them() -> None:
    assert list(by_room(gates(), lambda gate: gate.name)) == list(ROOMS)
    assert list(by_room(["elsewhere/x", "load/rate", "data/rows"], str)) == ["data", "load", "elsewhere"]


def test_the_documentation_is_the_gates() -> None:
    page = (SOURCE.parents[1] / "docs" / "gates.md").read_text(encoding="utf-8")
    assert page == catalogue_markdown(), "trunkline explain --markdown > docs/gates.md"
