"""The policy's defaults and its JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from pydantic import BaseModel

from trunkline.core.plugins import OURS
from trunkline.core.policy.monitoring import Monitoring
from trunkline.core.policy.monitors.log import LogMonitor
from trunkline.core.policy.policy import Policy, policy_schema
from trunkline.core.policy.section import Section
from trunkline.core.policy.sections import PluginSections

MINIMAL = {"name": "arrests", "package": "arrests"}
SAMPLE: dict[str, Any] = {
    "name": "arrests",
    "package": "arrests",
    "intended_use": "To be audited, not to be used.",
    "data": {
        "window": {"first": 1997, "last": 1999},
        "split": {"method": "stratified", "test": 0.25, "validation": 0.2, "seed": 7},
    },
    "training": {"candidates": ["logistic"], "search": {"metric": "roc_auc", "iterations": 4}},
    "gates": {
        "performance": {"floors": {"roc_auc": 0.6}},
        "waivers": [{"gate": "fairness", "owner": "Ada", "reason": "audit", "expires": "2027-01-31"}],
    },
    "rollout": {"stages": ["canary", "single"], "canary_share": 0.1},
    "responses": {
        "rules": [{"kind": "data", "at_least": "critical", "do": ["issue", "mail"]}],
        "mail": {"recipients": ["ops@example.org"], "security": "starttls"},
    },
    "forge": {"kind": "local"},
}
CHANGE = {"name": "one", "column": "a", "expect": "same"}
SLICE = {"name": "one", "where": {"a": "x"}, "floors": {"roc_auc": 0.5}}
WAIVER = {"gate": "fairness/*", "owner": "Ada", "reason": "audit", "expires": "2027-01-31"}


OWNERS: dict[str, tuple[str, type[PluginSections]]] = {"monitoring": ("monitors", Monitoring)}
"""Section of the policy: the group whose plugins have one in it."""


def sections(model: type[BaseModel]) -> list[type[BaseModel]]:
    nested = [
        field.annotation
        for field in model.model_fields.values()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    ]
    return [model, *(found for each in nested for found in sections(each))]


def test_name_and_package_are_all_that_must_be_said() -> None:
    assert {name for name, field in Policy.model_fields.items() if field.is_required()} == {"name", "package"}
    Policy.model_validate(MINIMAL)


def test_every_section_loads_from_its_own_defaults() -> None:
    policy = Policy.model_validate(MINIMAL)
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy


@pytest.mark.parametrize("section", sections(Policy), ids=lambda section: section.__name__)
def test_every_section_is_frozen_and_refuses_unknown_keys(section: type[BaseModel]) -> None:
    assert section.model_config.get("frozen") is True
    # Beside the sections of our plugins stand those of others, where the policy lists their package.
    assert section.model_config.get("extra") == ("allow" if issubclass(section, PluginSections) else "forbid")


@pytest.mark.parametrize("section", sorted(OWNERS))
def test_a_section_that_no_plugin_of_ours_has_needs_a_package(section: str) -> None:
    further = MINIMAL | {section: {"one-answer": {"share": 0.5}}}
    with pytest.raises(ValueError, match="not permitted"):
        Policy.model_validate(further)
    with pytest.raises(ValueError, match="not permitted"):
        Policy.model_validate(MINIMAL | {"plugins": ["toys"], section: {"window_row": 5}})
    policy = Policy.model_validate(further | {"plugins": ["toys"]})
    assert getattr(policy, section).others == {"one-answer": {"share": 0.5}}


def test_each_plugin_of_ours_has_its_section() -> None:
    for group, owner in OWNERS.values():
        assert set(OURS[group]) <= set(owner.model_fields)


def test_the_log_monitor_is_read_by_its_former_name() -> None:
    policy = Policy.model_validate(MINIMAL | {"monitoring": {"logs": {"errors": 3}}})
    assert policy.monitoring.of(LogMonitor).errors == 3


def test_the_sample_is_a_policy() -> None:
    policy = Policy.model_validate(SAMPLE)
    assert policy.data.window.last == 1999
    assert policy.responses.rules[0].do == ("issue", "mail")
    assert policy.gates.performance.margin == 0.02


def test_the_schema_is_valid_json_schema_and_accepts_what_the_policy_accepts() -> None:
    schema = policy_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate(MINIMAL)
    validator.validate(SAMPLE)
    validator.validate(Policy.model_validate(SAMPLE).model_dump(mode="json"))


@pytest.mark.parametrize(
    "wrong",
    [
        {**MINIMAL, "gates": {"slices": {"minimum_rows": 1}}},
        {"package": "arrests"},
        MINIMAL | {"name": "Arrests!"},
        MINIMAL | {"gate": {}},
        MINIMAL | {"data": {"split": {"test": 0.9}}},
        MINIMAL | {"serving": {"port": "eighty"}},
        MINIMAL | {"responses": {"rules": [{"kind": "weather"}]}},
    ],
)
def test_the_schema_refuses_what_the_policy_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Policy.model_validate(wrong)
    with pytest.raises(ValidationError):
        Draft202012Validator(policy_schema()).validate(wrong)


def test_the_schema_explains_keys_to_editors() -> None:
    properties = policy_schema()["$defs"]["PerformanceGates"]["properties"]
    assert properties["overfit_gap"]["description"] == (
        "The largest fall of the metric from train to test; of errors and own metrics a share, as for `margin`."
    )


def test_the_schema_explains_every_key_or_its_section() -> None:
    definitions = policy_schema()["$defs"]
    for name, definition in {"Policy": policy_schema(), **definitions}.items():
        for key, rule in definition.get("properties", {}).items():
            section = definitions.get(rule.get("$ref", "").rpartition("/")[2], {})
            assert (rule | section).get("description"), f"{name}.{key}"


@pytest.mark.parametrize(
    "gates",
    [
        {"performance": {"floors": {"r2": float("nan")}}},
        {"performance": {"margin": float("inf")}},
        {"robustness": {"fall": float("inf")}},
    ],
)
def test_a_limit_that_is_no_finite_number_is_refused(gates: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="finite"):
        Policy.model_validate(MINIMAL | {"gates": gates})


@pytest.mark.parametrize(
    "said",
    [
        {"data": {"minimum_rows": True}},
        {"data": {"window": {"last": True}}},
        {"gates": {"performance": {"floors": {"r2": True}}}},
        {"gates": {"data": {"leakage": False}}},
        {"retraining": {"rows": True}},
    ],
)
def test_yes_and_no_are_no_numbers(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="true or false"):
        Policy.model_validate({"name": "loans", "package": "loans", **said})


@pytest.mark.parametrize(
    "said",
    [
        {"gates": {"performance": {"baseline": "yes"}}},
        {"gates": {"robustness": {"metamorphic": [CHANGE | {"set_to": True}]}}},
        {"gates": {"performance": {"slices": [SLICE | {"where": {"member": True, "on": [True, False]}}]}}},
    ],
)
def test_yes_and_no_stay_what_they_are_where_they_are_asked_for(said: dict[str, object]) -> None:
    Policy.model_validate({"name": "loans", "package": "loans", **said})


@pytest.mark.parametrize(
    "said",
    [
        {"rollout": {"stages": ["single", "single"]}},
        {"rollout": {"stages": ["canary", "silent", "single"]}},
        {"rollout": {"stages": ["silent", "canary"]}},
        {"rollout": {"stages": []}},
        {"responses": {"rules": [{"kind": "data", "do": ["issue", "issue"]}]}},
        {"responses": {"rules": [{"kind": "data", "labels": ["a", "a"]}]}},
        {"responses": {"rules": [{"kind": "data", "do": ["issue"]}, {"kind": "data", "do": ["mail"]}]}},
        {"responses": {"mail": {"recipients": ["a@b.org", "a@b.org"]}}},
        {"data": {"environment": ["A", "A"]}},
        {"training": {"candidates": ["a", "a"]}},
        {"training": {"files": ["a", "a"]}},
        {"training": {"environment": ["A", "A"]}},
        {"gates": {"waivers": [WAIVER, WAIVER | {"owner": "Bob"}]}},
        {"gates": {"deepchecks": {"required": True, "suites": []}}},
        {"gates": {"deepchecks": {"suites": ["data-integrity", "data-integrity"]}}},
        {"gates": {"deepchecks": {"blocking": ["Data Duplicates", "Data Duplicates"]}}},
        {"gates": {"performance": {"slices": [SLICE, SLICE]}}},
        {"gates": {"performance": {"slices": [SLICE | {"where": {"a": []}}]}}},
        {"gates": {"performance": {"slices": [SLICE | {"where": {"a": ["x", "x"]}}]}}},
        {"gates": {"performance": {"slices": [SLICE | {"between": {"a": [None, None]}}]}}},
        {"gates": {"performance": {"slices": [SLICE | {"between": {"a": [2, 1]}}]}}},
        {"gates": {"robustness": {"metamorphic": [CHANGE | {"add": 1}, CHANGE | {"add": 2}]}}},
        {"gates": {"robustness": {"metamorphic": [CHANGE | {"add": 0}]}}},
        {"gates": {"robustness": {"metamorphic": [CHANGE | {"multiply": 1}]}}},
        {"gates": {"robustness": {"metamorphic": [CHANGE | {"swap": ["a", "a"]}]}}},
    ],
    ids=str,
)
def test_what_stands_twice_or_says_nothing_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Policy.model_validate({"name": "loans", "package": "loans", **said})
