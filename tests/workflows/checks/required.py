"""The one check that branch protection requires is green only when every other job was good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..expressions import UNKNOWN, evaluate, parse, strip
from ..finding import Remarks
from ..repository import Repository
from ..workflow import Job, Workflow, line_of


def check(repository: Repository) -> Remarks:
    """Yield what lets a pull request through though one of its checks failed, or keeps it waiting for ever."""
    for workflow in repository.workflows:
        gate = workflow.jobs.get("pass")
        if gate is None:
            if workflow.file.endswith("/ci.yml"):
                yield workflow, 1, "the job `pass`, which branch protection requires, is missing"
            continue
        missing = [key for key in workflow.jobs if key != "pass" and key not in gate.needs]
        if missing:
            yield workflow, gate.line, f"pass does not need {', '.join(missing)}"
        if strip(gate.condition) != "always()":
            yield (
                workflow,
                gate.line,
                "without `if: always()` it is skipped, which counts as green, when a job fails",
            )
        for result in ("failure", "cancelled"):
            for key in gate.needs:
                if not _red(gate, dict.fromkeys(gate.needs, "success") | {key: result}):
                    yield workflow, gate.line, f"pass would be green though {key} ended as {result}"
        yield from _softened(workflow)
        for name in ("pull_request", "merge_group"):
            if name not in workflow.triggers:
                yield (
                    workflow,
                    workflow.line("on"),
                    f"a required check must run on {name}, or it is waited for",
                )
        filters = workflow.triggers.get("pull_request") or {}
        for name in ("paths", "paths-ignore", "branches", "branches-ignore"):
            if name in filters:
                yield (
                    workflow,
                    line_of(filters, name),
                    f"with {name} the required check may never be reported",
                )


def _red(gate: Job, results: Mapping[str, str]) -> bool:
    known: dict[str, Any] = {f"needs.{key}.result": result for key, result in results.items()}
    known["needs.*.result"] = list(results.values())
    for step in gate.steps:
        if step.run.strip() != "exit 1" or step.tree.get("continue-on-error"):
            continue
        try:
            value = True if not step.condition else evaluate(parse(step.condition), known)
        except ValueError:
            continue
        if value is not UNKNOWN and value:
            return True
    return False


def _softened(workflow: Workflow) -> Remarks:
    for job in workflow.jobs.values():
        for tree in (job.tree, *(step.tree for step in job.steps)):
            if "continue-on-error" in tree and not workflow.reason(line_of(tree, "continue-on-error")):
                line = line_of(tree, "continue-on-error")
                yield workflow, line, "continue-on-error makes a failed check green; say why it may"
