"""The metric that monitors and rollouts judge by, found as cheaply as it can be."""

from __future__ import annotations

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.project import Project
from trunkline.measure.metrics import Metric, light_metric, row_metrics
from trunkline.tasks import task_of


def watched_metric(project: Project, contract: Contract) -> Metric:
    """Return the metric of `monitoring.performance.metric` for answers under a contract.

    model.py, whose import takes seconds, is read only for a metric of its own, and scikit-learn loaded only for one of
    its scorers. Raises PolicyError when there is no such metric, or scikit-learn is not installed for it.
    """
    name = project.policy.monitoring.of(PerformanceMonitor).metric
    tasks = row_metrics(task_of(contract).metrics)
    if found := light_metric(name, tasks):
        return found
    own = {**tasks, **project.metrics()}
    if found := light_metric(name, own):
        return found
    try:
        from trunkline.measure.scorers import find_metric
        from trunkline.tasks.metric_names import WATCHED, check_known
    except ModuleNotFoundError as error:
        raise PolicyError(
            f"monitoring.performance.metric is {name}, which needs scikit-learn, and {error.name} is not installed.",
            next_step="install trunkline[train] on the machine that monitors, or watch a metric such as accuracy",
        ) from error
    check_known(WATCHED, name, own)
    return find_metric(name, own)
