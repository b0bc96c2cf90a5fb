"""The page: a project's whole history as one self-contained file to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt

from trunkline import __version__, monitoring
from trunkline.core.bundle import figures_by_name
from trunkline.core.policy.monitors.data import DataMonitor
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.project import Project
from trunkline.core.record import write_atomically
from trunkline.forge import Issue, PullRequest, open_forge
from trunkline.loop.model.watched import watched_metric
from trunkline.predictions import Prediction
from trunkline.predictions.ground_truth import events_of
from trunkline.predictions.labelled import label_answers
from trunkline.predictions.opening import open_log, open_truth
from trunkline.predictions.totals import Totals
from trunkline.tasks import silent_before, task_of

from . import charts, history
from .tracing import trace

WINDOWS = 30
"""The newest windows of answers that the charts show: the page costs the same however long the log is."""
CHAPTERS = (
    ("versions", "Who served when"),
    ("verdicts", "Verdicts"),
    ("life", "Drift and performance"),
    ("forge", "Pull requests and issues"),
    ("lineage", "Lineage"),
)


@dataclass(frozen=True)
class Served:
    """How many answers a version gave in each arm."""

    version: int
    champion: int
    challenger: int
    silent: int


def write_page(project: Project, environment: str, path: Path) -> Path:
    """Write the page of an environment and return its path."""
    write_atomically(path, render_page(project, environment).encode())
    return path


def render_page(project: Project, environment: str) -> str:
    """Return the page's HTML; nothing in it is loaded from elsewhere."""
    deployed = history.deployments(project, environment)
    log = open_log(project, environment)
    totals = log.totals()
    window = log.newest(WINDOWS * project.policy.monitoring.window_rows)
    answers = sorted(window.predictions, key=lambda answer: answer.time)
    judged = history.judgements(project)
    forge = open_forge(project)
    # One by one: lists need not carry comments.
    pulls = tuple(forge.pull_request(row.number) for row in forge.pull_requests())
    issues = tuple(forge.issue(row.number) for row in forge.issues())
    traced = answers[-1].id if answers else ""
    loader = PackageLoader("trunkline.loop.life", package_path="")
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(
        "page.html.j2"
    )
    return template.render(
        name=project.policy.name,
        environment=environment,
        now=datetime.now(UTC),
        toolkit=__version__,
        chapters=CHAPTERS,
        tiles=(
            (len({judgement.version for judgement in judged} - {0}), "versions registered"),
            (len(deployed), "deployments"),
            (f"{totals.answers:,}", "answers"),
            (f"{totals.rejections:,}", "requests refused by the contract"),
            (sum(pull.state == "merged" for pull in pulls), "pull requests merged"),
            (len(issues), "issues, " + str(sum(issue.state == "open" for issue in issues)) + " open"),
        ),
        timeline=charts.timeline(history.spans(deployed)) if deployed else "",
        deployments=deployed,
        said=history.said,
        served=_served(totals),
        judgements=judged,
        window=project.policy.monitoring.window_rows,
        windows=WINDOWS,
        watches=history.watches(project, environment),
        threads=_threads(pulls, issues),
        traced=traced,
        chain=trace(project, traced) if traced else (),
        **_charts(project, environment, answers),
    )


def _charts(project: Project, environment: str, answers: Sequence[Prediction]) -> dict[str, str]:
    deployed = [row.release for row in history.deployments(project, environment) if row.release]
    if not answers or not deployed:
        return {"drift": "", "quality": ""}
    policy = project.policy.monitoring
    drift = []
    # Each answer is compared with what the version that gave it was trained on.
    for digest in dict.fromkeys(answer.bundle for answer in answers):
        bundle = project.bundles.get(digest)
        own = [answer for answer in answers if answer.bundle == digest]
        reference = monitoring.Profile.read(bundle.folder / "profile.json")
        drift += monitoring.history_data(own, reference, bundle.contract, size=policy.window_rows)
    drift.sort(key=lambda row: row[0])
    metric = policy.of(PerformanceMonitor).metric
    truth = events_of(open_truth(project, environment), [answer.id for answer in answers])
    contract = bundle.contract
    before = silent_before(contract, datetime.now(UTC), policy.silence_hours)
    labelled = label_answers(answers, truth, contract, task_of(contract), before=before)
    quality = monitoring.history_performance(
        labelled, watched_metric(project, contract), size=policy.window_rows
    )
    return {
        "drift": charts.drift(drift, policy.of(DataMonitor).psi) if drift else "",
        "quality": charts.quality(quality, metric, _at_release(project, metric)) if quality else "",
    }


def _at_release(project: Project, metric: str) -> dict[str, float]:
    return {
        f"version {row.version}": figures_by_name(row.evaluation.figures)[metric].value
        for row in history.judgements(project)
        if row.version and metric in figures_by_name(row.evaluation.figures)
    }


def _served(totals: Totals) -> list[Served]:
    count = totals.answered
    return [
        Served(version, *(count.get((version, arm), 0) for arm in ("champion", "challenger", "silent")))
        for version in sorted({version for version, _ in count})
    ]


def _threads(pulls: Sequence[PullRequest], issues: Sequence[Issue]) -> list[dict[str, Any]]:
    # Without raw HTML and pictures: texts may quote input, and the page loads nothing from elsewhere.
    render = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image").render
    found: list[PullRequest | Issue] = [*pulls, *issues]
    threads = [
        {
            "kind": "pull request" if isinstance(thread, PullRequest) else "issue",
            "number": thread.number,
            "title": thread.title,
            "state": thread.state,
            "created": thread.created,
            "body": render(thread.body),
            "comments": [{"time": row.time, "body": render(row.body)} for row in thread.comments],
        }
        for thread in found
    ]
    return sorted(threads, key=lambda thread: thread["number"])
