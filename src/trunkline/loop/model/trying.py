"""Try out: the policy and the four files on some rows, so that what is wrong is said before a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from trunkline import data, delivery, evaluation, training
from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.package import files_in
from trunkline.core.progress import Progress
from trunkline.core.project import POLICY_FILE, Project
from trunkline.loop.versions.bundles import registry_kind
from trunkline.registry.git_registry import require_weight
from trunkline.registry.git_tree import require_harmless
from trunkline.response.checking import check_responses

from .checking import check_edited
from .needed import needed
from .training import files_of


@dataclass(frozen=True)
class TriedOut:
    """What the project's rows and candidates are."""

    contract: Contract
    loaded: int
    """Rows that load() gave."""
    taken: int
    """Those that the policy's window takes."""
    candidates: tuple[training.Tried, ...]
    unchecked: tuple[str, ...]
    """Rules of the contract that are asked of data, and that the service does not ask."""


def try_out(project: Project, *, progress: Progress) -> TriedOut:
    """Load the rows, fit every candidate on a few of them, and ask it once.

    Raises the first error that is found, cheapest first: of the policy, of the files it names, of the four files, of
    the rows, of the candidates, and last of a lock that was taken under other terms.
    """
    policy = project.policy
    contract = check_edited(project)
    data.check_window(policy.data.window, contract)
    evaluation.check_waivers(
        policy,
        contract,
        project.metrics(),
        today=datetime.now(UTC).date(),
        strangers=project.strangers,
    )
    watched = evaluation.check_watched_metric(policy, project.metrics(), contract)
    for said in (watched, *check_responses(policy.responses), *needed(policy)):
        if said:
            progress(said)
    _check_files(project)
    progress("loading the project's rows")
    loaded = data.load_source(project)
    taken = data.in_window(loaded, contract, policy.data.window)
    data.require_rows(taken, loaded, contract, policy.data.window)
    data.check_enough(taken, contract, policy.data)
    evaluation.require_sliced(taken, policy.gates.performance, contract)
    parts = data.split_rows(taken, contract, policy.data.split)
    tried = training.try_candidates(
        parts["train"],
        contract,
        features=training.features_of(project, contract),
        candidates=project.plug("model", "candidates"),
        policy=policy.training,
        metrics=project.metrics(),
        package=policy.package,
        progress=progress,
        files=files_of(project),
    )
    _require_room(project, tried)
    data.require_current(project, contract)
    return TriedOut(contract, len(loaded), len(taken), tried, data.unchecked(data.project_schema(project)))


def _require_room(project: Project, tried: Sequence[training.Tried]) -> None:
    """Raise StorageError for a candidate whose bundle git does not take, as far as a few rows tell."""
    if registry_kind(project) != "git":
        return
    for one in tried:
        code = files_in(project.package) if one.code else {}
        for name in code:
            require_harmless(f"code/{name}")
        total = one.size + sum(path.stat().st_size for path in code.values())
        what = f"The bundle of {one.candidate}, fitted on a few rows,"
        require_weight(total, project.policy.registry.store_limit_mb, what=what)


def _check_files(project: Project) -> None:
    """Raise PolicyError for a file that the policy names and that is not there, or that cannot be read."""
    locustfile = project.policy.gates.load.locustfile
    if not (project.root / locustfile).is_file():
        raise PolicyError(
            "gates.load.locustfile: there is no such file in the project.",
            value=locustfile,
            next_step=f"correct it in {POLICY_FILE}, or restore the file from git",
        )
    for environment in dict.fromkeys((project.policy.rollout.environment, *project.environments())):
        state = delivery.read_state(project.deployment(environment))
        packages = project.packages
        settings = delivery.settings_of(delivery.kind_of(state, packages=packages), state)
        delivery.require_possible(state, settings, project.policy.serving)
