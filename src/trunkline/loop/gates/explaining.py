"""Explain: what the gates last said of the model that the project stands for now."""

from __future__ import annotations

from trunkline import data, training
from trunkline.core.errors import TrunklineError
from trunkline.core.project import Project
from trunkline.core.record import digits
from trunkline.core.verdicts import Evaluation
from trunkline.loop.versions.trained import remembered


def last_evaluation(project: Project) -> Evaluation | None:
    """Return the evaluation of the bundle that the project's training key gave, None where there is none yet.

    Nothing is trained or judged for it: where the code, the policy or the locked rows have changed since, or the
    project is not in order, there is none.
    """
    try:
        key = training.key_parts(project, data.read_lock(project).snapshot).key
        if (trained := remembered(project, key)) is None:
            return None
        return Evaluation.read(project.evaluations / digits(trained.bundle) / "evaluation.json")
    except TrunklineError:
        return None
