"""Watch and respond: from the prediction log, ground truth and telemetry to signals and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from trunkline import monitoring, response
from trunkline.core.bundle import figures_by_name
from trunkline.core.errors import (
    DataError,
    GateFailed,
    GateInconclusive,
    StorageError,
    TrunklineError,
    UnavailableError,
)
from trunkline.core.own_service import ANYBODY
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.signals import Signal
from trunkline.forge import PullRequest, open_forge
from trunkline.loop.changes.names import RETRAINING
from trunkline.loop.model.watched import watched_metric
from trunkline.loop.rollout.assigned import assigned, require_log
from trunkline.loop.rollout.credentials import credentials
from trunkline.loop.rollout.deploying import nothing_serves
from trunkline.loop.versions.bundles import bundle_of
from trunkline.loop.versions.named import named_versions
from trunkline.predictions import Prediction
from trunkline.predictions.ground_truth import timeless
from trunkline.predictions.opening import open_log, open_telemetry, open_truth, tidy_log
from trunkline.tasks import silent_before

from .handover import hand_over, one_line, retrain_and_tell, troubles
from .last_watch import bring_signals, earlier_signals, keep_signals
from .refusals import ANSWERS, RetrainingWaits


def watch(project: Project, environment: str, *, progress: Progress) -> tuple[Signal, ...]:
    """Look at what serves an environment and return one signal a monitor, kept here and in the log's store.

    A service that died is an alarm. Raises NotFoundError when none was asked for, or it was stopped on purpose.
    """
    serves = assigned(project, environment)
    if serves is None:
        raise nothing_serves(project, environment, then="monitor again")
    require_log(project, environment)
    bring_signals(project, environment)
    process, policy = serves.process, project.policy.monitoring
    bundle = bundle_of(project, serves.release.champion, progress=progress)
    log = open_log(project, environment)
    window = log.newest(policy.window_rows)
    if window.torn:
        progress(f"{window.torn} unfinished lines in the prediction log were passed over")
    # Ground truth comes late: the newest labelled answers may lie far behind the newest answers.
    told = open_truth(project, environment)
    if lost := timeless(told):
        progress(f"{lost:,} events of ground truth have no time, and were passed over")
    now = datetime.now(UTC)
    given = [row.time for row in window.predictions if row.bundle == bundle.digest]
    first, most = min(given, default=now), policy.window_rows
    answers, truth = log.labelled(
        told,
        bundle=bundle.digest,
        newest=most,
        before=silent_before(bundle.contract, now, policy.silence_hours),
    )
    beginning: tuple[Prediction, ...] = ()
    if policy.of(PerformanceMonitor).reference == "live":
        beginning, happened = log.labelled(
            told,
            bundle=bundle.digest,
            oldest=most,
            before=silent_before(bundle.contract, now, policy.silence_hours),
        )
        truth = happened | truth
    evidence = monitoring.Evidence(
        environment=environment,
        now=now,
        contract=bundle.contract,
        policy=policy,
        bundle=bundle.digest,
        reference=monitoring.Profile.read(bundle.folder / "profile.json"),
        figures=figures_by_name(bundle.manifest.figures),
        window=window,
        labelled=answers,
        beginning=beginning,
        truth=truth,
        metric=watched_metric(project, bundle.contract),
        address=serves.address,
        credentials=credentials(project, environment, "metrics") if serves.keyed else ANYBODY,
        earlier=log.before(first, most),
        replaced=log.before(first, most, not_by=bundle.digest),
        telemetry=open_telemetry(project, environment, now),
        trainings=_trainings(project, progress),
        pid=process.pid if process else 0,
        created=process.create_time if process else 0.0,
        log=serves.log,
    )
    signals = monitoring.watch(evidence, packages=project.packages)
    keep_signals(project, environment, signals, now, progress=progress)
    try:
        if gone := tidy_log(project, environment, now):
            progress(f"{gone:,} answers are older than serving.log.keep_days and were deleted")
    except (StorageError, UnavailableError) as error:
        progress(f"the prediction log stays as it is, and later questions take longer: {error}")
    return signals


def _trainings(project: Project, progress: Progress) -> tuple[monitoring.Training, ...]:
    """Return what the trainings of the versions took that main names."""
    try:
        return tuple(
            monitoring.Training(version.number, used.seconds, used.cpu_seconds, used.cores)
            for version in named_versions(project)
            for used in (version.usage,)
        )
    except TrunklineError as error:
        progress(f"what trainings took could not be read: {error.what}")
        return ()


@dataclass(frozen=True)
class Responded:
    """What was done about the signals, and what came of a retraining if one was asked for."""

    done: tuple[response.Done, ...]
    retraining: PullRequest | None = None
    refused: TrunklineError | None = None
    """Why no retrained version was proposed."""

    @property
    def exit_code(self) -> int:
        """Return 0, or that of the first thing that could not be done."""
        codes = [row.exit_code for row in self.done if row.exit_code]
        return [*codes, self.refused.exit_code if self.refused else 0][0]

    @property
    def broken(self) -> int:
        """Return the exit code without the refusals that are answers: a gate that said no is none that broke."""
        if isinstance(self.refused, ANSWERS):
            return Responded(done=self.done).exit_code
        return self.exit_code


def _answered(project: Project, environment: str) -> bool:
    """Whether a retraining waits for a person, or a person closed one since the trouble began: that is a no."""
    forge = open_forge(project)
    if forge.pull_requests(state="open", label=RETRAINING):
        return True
    asking = troubles(project, environment)
    refused = forge.pull_requests(state="closed", label=RETRAINING) if asking else ()
    return any(pull.created >= issue.created for issue in asking for pull in refused)


def respond(
    project: Project, environment: str, signals: tuple[Signal, ...], *, progress: Progress
) -> Responded:
    """Do what the policy says about signals: issues, mail, webhook, retraining.

    Where the forge runs workflows, retraining is handed over to retrain.yml; else it is done here.
    """
    forge = open_forge(project)
    policy = project.policy.responses
    responses = response.decide(
        signals, forge.issues(state="open"), policy, open_retraining=_answered(project, environment)
    )
    done = response.carry_out(
        responses,
        signals,
        forge=forge,
        policy=policy,
        history=earlier_signals(project, environment),
        progress=progress,
    )
    wanted = next((row for row in done if row.response.action == "retrain"), None)
    if wanted is None:
        return Responded(done=done)
    reason = one_line(wanted.response.reason)
    try:
        said = hand_over(forge, project, environment, reason)
    except TrunklineError as error:
        failed = {"outcome": "failed", "detail": str(error), "exit_code": error.exit_code}
        return Responded(done=_with(done, wanted, failed))
    if said:
        progress(said)
        return Responded(done=_with(done, wanted, {"detail": said}))
    try:
        pull = retrain_and_tell(project, environment, reason=reason, progress=progress)
    except (GateFailed, GateInconclusive, DataError, RetrainingWaits) as error:
        return Responded(done=done, refused=error)
    return Responded(done=done, retraining=pull)


def _with(
    done: tuple[response.Done, ...], row: response.Done, changes: dict[str, object]
) -> tuple[response.Done, ...]:
    return tuple(each.model_copy(update=changes) if each is row else each for each in done)
