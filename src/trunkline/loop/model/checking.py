"""Check: the first error that the policy and the four files hold, before any work is done."""

from __future__ import annotations

from trunkline import data, evaluation, monitoring, training
from trunkline.core.contract import Contract
from trunkline.core.project import Project
from trunkline.evaluation import deepchecks


def check_project(project: Project) -> None:
    """Raise the first error that the policy and the user's four files hold, or a lock taken under other terms."""
    data.require_current(project, check_edited(project))


def check_edited(project: Project) -> Contract:
    """Return the contract; raise the first error that the policy and the user's four files hold."""
    policy = project.policy
    contract = data.project_contract(project)
    evaluation.check_gates(policy, project.metrics(), contract)
    _ = project.strangers  # their sections are read
    training.mitigated_attribute(policy.training.mitigation, contract)
    training.check_threshold(policy.training, contract, project.metrics())
    deepchecks.check_blocking(policy.gates.deepchecks)
    monitoring.check_monitors(policy.monitoring, packages=project.packages)
    project.plug("data", "load")
    training.features_of(project, contract)
    training.offered(project.plug("model", "candidates"), policy.training.candidates)
    return contract
