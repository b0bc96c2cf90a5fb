"""Environments on GitHub: who has to approve their jobs, and from which branches these may come."""

from __future__ import annotations

from trunkline.forge.protocol import Environment

from .threads import Threads
from .views import EnvironmentView, PatternView

PROTECTED = "protected branches"
"""GitHub counts every branch as one where no rule of the old kind protects any."""
REVIEWERS = "required_reviewers"


class Environments(Threads):
    """The environments of one repository."""

    def environments(self) -> tuple[Environment, ...] | None:
        """Return the environments by name, with one request more for each that names branches."""
        listed = self._client.rows(
            "the environments", self._rest.repos.get_all_environments, within="environments"
        )
        found = [self._environment(EnvironmentView.model_validate(row)) for row in listed]
        return tuple(sorted(found, key=lambda each: each.name))

    def _environment(self, view: EnvironmentView) -> Environment:
        asked = next((rule for rule in view.protection_rules if rule.type == REVIEWERS), None)
        return Environment(
            name=view.name,
            reviewers=len(asked.reviewers) if asked else 0,
            self_review=not (asked and asked.prevent_self_review),
            refs=self._refs(view),
        )

    def _refs(self, view: EnvironmentView) -> tuple[str, ...] | None:
        if view.deployment_branch_policy is None:
            return None
        if view.deployment_branch_policy.protected_branches:
            return (PROTECTED,)
        rows = self._client.rows(
            f"the branches of the environment {view.name}",
            self._rest.repos.list_deployment_branch_policies,
            view.name,
            within="branch_policies",
        )
        patterns = [PatternView.model_validate(row) for row in rows]
        return tuple(each.name if each.type == "branch" else f"{each.type}: {each.name}" for each in patterns)
