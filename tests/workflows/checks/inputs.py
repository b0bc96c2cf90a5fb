"""What a person is asked for when starting a workflow is used, and described."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of


def check(repository: Repository) -> Remarks:
    """Yield each input that changes nothing, or that nobody could fill in."""
    for workflow in repository.workflows:
        inputs = (workflow.triggers.get("workflow_dispatch") or {}).get("inputs") or {}
        used = " ".join(expression for _, expression in workflow.expressions())
        for name, facts in inputs.items():
            line = line_of(inputs, name)
            if not re.search(rf"\binputs\.{re.escape(name)}\b", used):
                yield workflow, line, f"the input {name} is not used"
            if not (facts or {}).get("description"):
                yield workflow, line, f"the input {name} is not described"
