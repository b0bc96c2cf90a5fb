"""Plugins: what can be added to a group, ours from one table, others from packages that the policy lists."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import PolicyError
from .locked import canonical_name, read_lock

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

OURS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # Tried in this order.
        "exporters": {
            "onnx-file": "trunkline.training.exporters.onnx_file:OnnxFile",
            "onnx": "trunkline.training.exporters.onnx:Onnx",
            "python": "trunkline.training.exporters.python:Python",
        },
        "forges": {
            "github": "trunkline.forge.github:GitHubForge",
            "local": "trunkline.forge.local:LocalForge",
        },
        "gates": {
            "data/contract": "trunkline.data.kept_contract:KeptContract",
            "data/rows": "trunkline.data.sufficiency:EnoughRows",
            "data/classes": "trunkline.data.sufficiency:EnoughOfEveryOutcome",
            "data/duplicates": "trunkline.data.duplicates:Duplicates",
            "data/redelivered": "trunkline.data.redelivered:Redelivered",
            "data/labels": "trunkline.data.labels:Labels",
            "data/conflicts": "trunkline.data.conflicts:Conflicts",
            "data/leakage": "trunkline.data.leakage:Leakage",
            "data/time-leakage": "trunkline.data.time_leakage:TimeLeakage",
            "data/user-leakage": "trunkline.data.user_leakage:UserLeakage",
            "data/nulls": "trunkline.data.nulls:Nulls",
            "data/new-categories": "trunkline.data.new_categories:NewCategories",
            "data/jumps": "trunkline.data.jumps:Jumps",
            "data/label-shift": "trunkline.data.label_shift:LabelShift",
            "data/interface": "trunkline.data.interface:Interface",
            "performance/floor:{metric}": "trunkline.evaluation.gates.floor:Floor",
            "performance/slice:{slice}:{metric}": "trunkline.evaluation.gates.floor:SliceFloor",
            "performance/metric:{metric}": "trunkline.evaluation.gates.floor:OwnMetric",
            "performance/baseline": "trunkline.evaluation.gates.baseline:Baseline",
            "performance/calibration": "trunkline.evaluation.gates.calibration:Calibration",
            "performance/class-recall": "trunkline.evaluation.gates.class_recall:ClassRecall",
            "performance/champion": "trunkline.evaluation.gates.champion:Champion",
            "performance/overfit": "trunkline.evaluation.gates.overfit:Overfit",
            "fairness/{attribute}/demographic-parity": "trunkline.evaluation.gates.disparities:DemographicParity",
            "fairness/{attribute}/equalized-odds": "trunkline.evaluation.gates.disparities:EqualizedOdds",
            "fairness/{attribute}/equal-opportunity": "trunkline.evaluation.gates.disparities:EqualOpportunity",
            "fairness/{attribute}/error-rate": "trunkline.evaluation.gates.disparities:ErrorRate",
            "fairness/{attribute}/calibration": "trunkline.evaluation.gates.disparities:GroupCalibration",
            "fairness/{attribute}/error-gap": "trunkline.evaluation.gates.disparities:ErrorGap",
            "fairness/{attribute}/champion": "trunkline.evaluation.gates.group_champion:GroupChampion",
            "fairness/none": "trunkline.evaluation.gates.protected:Unasked",
            "robustness/row-order": "trunkline.evaluation.gates.row_order:RowOrder",
            "robustness/unseen": "trunkline.evaluation.gates.unseen:Unseen",
            "robustness/missing": "trunkline.evaluation.gates.perturbation:Missing",
            "robustness/noise": "trunkline.evaluation.gates.perturbation:Noise",
            "robustness/metamorphic:{name}": "trunkline.evaluation.gates.metamorphic:MetamorphicTest",
            "slices/weak": "trunkline.evaluation.gates.weak_slices:WeakSlices",
            "slices/harm": "trunkline.evaluation.gates.weak_slices:HarmfulSlices",
            "deepchecks/{suite}": "trunkline.evaluation.deepchecks.verdicts:DeepchecksSuite",
            "deepchecks/not-run": "trunkline.evaluation.gates.not_run:DeepchecksNotRun",
            "load/latency": "trunkline.evaluation.gates.latency:Latency",
            "load/errors": "trunkline.evaluation.gates.load:Errors",
            "load/rate": "trunkline.evaluation.gates.load:Rate",
            "load/not-run": "trunkline.evaluation.gates.not_run:LoadNotRun",
            "waivers/unused": "trunkline.evaluation.waivers:UnusedWaivers",
            "waivers/expired": "trunkline.evaluation.waivers:ExpiredWaivers",
        },
        "inputs": {
            "integer": "trunkline.inputs.integer:Integer",
            "number": "trunkline.inputs.number:Number",
            "boolean": "trunkline.inputs.boolean:Boolean",
            "category": "trunkline.inputs.category:category",
            "text": "trunkline.inputs.text:Text",
            "time": "trunkline.inputs.time:Time",
            "entity": "trunkline.inputs.entity:entity",
            "image": "trunkline.inputs.image:Image",
            "boxes": "trunkline.inputs.boxes:Boxes",
        },
        "log stores": {
            "az": "trunkline.predictions.stores.objects:ObjectStore",
            "file": "trunkline.predictions.stores.folder:FolderStore",
            "gs": "trunkline.predictions.stores.objects:ObjectStore",
            "http": "trunkline.predictions.stores.http:HttpStore",
            "https": "trunkline.predictions.stores.http:HttpStore",
            "s3": "trunkline.predictions.stores.objects:ObjectStore",
        },
        "monitors": {
            "data": "trunkline.monitoring.data:Data",
            "infrastructure": "trunkline.monitoring.infrastructure:Infrastructure",
            "log": "trunkline.monitoring.log:Log",
            "performance": "trunkline.monitoring.performance:Performance",
            "resources": "trunkline.monitoring.resources:Resources",
            "training": "trunkline.monitoring.training:TrainingTime",
        },
        "registries": {
            "git": "trunkline.registry.git_registry:GitRegistry",
            "mlflow": "trunkline.registry.mlflow_registry:MlflowRegistry",
        },
        "runtimes": {
            "onnx": "trunkline.runtimes.onnx:OnnxModel",
            "onnx-file": "trunkline.runtimes.onnx_file:OnnxFileModel",
            "python": "trunkline.runtimes.python:PythonModel",
        },
        "targets": {
            "container": "trunkline.delivery.targets.container:Container",
            "ec2": "trunkline.delivery.targets.ec2:Ec2",
            "ecs": "trunkline.delivery.targets.ecs:Ecs",
            "kubernetes": "trunkline.delivery.targets.kubernetes:Kubernetes",
            "lambda": "trunkline.delivery.targets.aws_lambda:Lambda",
            "local": "trunkline.delivery.targets.local:Local",
            "sagemaker": "trunkline.delivery.targets.sagemaker:SageMaker",
        },
        "tasks": {
            "classification": "trunkline.tasks.classification.answers:Classification",
            "detection": "trunkline.tasks.detection.answers:Detection",
            "ranking": "trunkline.tasks.ranking.answers:Ranking",
            "regression": "trunkline.tasks.regression.answers:Regression",
        },
    }
)
"""Group: name: where it is, as module:class. A module is imported only when its plugin is asked for."""


def plugin(
    group: str,
    name: str,
    *,
    packages: Collection[str] = (),
    table: Mapping[str, Mapping[str, str]] = OURS,
) -> Any:
    """Return the plugin `name` of a group: ours, or that of an installed package among `packages`.

    A package offers one by an entry point of the group `trunkline.<group>`. Ours cannot be replaced. `table` lists
    ours.
    Raises PolicyError when there is none, when two packages offer it, or when it cannot be imported.
    """
    if where := table[group].get(name):
        module, _, attribute = where.partition(":")
        return getattr(importlib.import_module(module), attribute)
    # Read at every start of a verb otherwise, and most name no stranger.
    from importlib.metadata import entry_points

    trusted = {canonical_name(package) for package in packages}
    points = entry_points(group=f"trunkline.{group}")
    offered = [point for point in points if point.name == name]
    listed = [point for point in offered if _package(point) in trusted]
    if len(listed) > 1:
        raise PolicyError(
            f"Two packages offer {name} as one of Trunkline's {group}.",
            value=", ".join(sorted(map(_package, listed))),
            next_step="leave one of them under `plugins` in trunkline.yaml",
        )
    if not listed:
        known = {*table[group], *(point.name for point in points if _package(point) in trusted)}
        raise _missing(group, name, offered, sorted(known))
    try:
        return listed[0].load()
    except Exception as error:
        raise PolicyError(
            f"The package {_package(listed[0])} cannot be imported: {type(error).__name__}: {error}.",
            value=listed[0].value,
            next_step="mend the package, or take it out of `plugins` in trunkline.yaml",
        ) from error


def plugins(group: str, *, packages: Collection[str] = (), begins: str = "") -> dict[str, Any]:
    """Return every plugin of a group by name: ours in the table's order, then those of `packages` by name.

    `begins` takes only names that begin so. Raises PolicyError as `plugin` does, and if a package offers our name.
    """
    names = [name for name in offered(group, packages=packages) if name.startswith(begins)]
    return {name: plugin(group, name, packages=packages) for name in names}


def offered(group: str, *, packages: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names of a group's plugins: ours, then those that installed packages among `packages` offer.

    Raises PolicyError when one of theirs has the name of one of ours.
    """
    if not packages:
        return tuple(OURS[group])
    from importlib.metadata import entry_points

    trusted = {canonical_name(package) for package in packages}
    points = entry_points(group=f"trunkline.{group}")
    theirs = {point.name: _package(point) for point in points if _package(point) in trusted}
    for name in theirs.keys() & OURS[group].keys():
        raise PolicyError(
            f"A package offers {name}, which is one of Trunkline's own {group}.",
            value=theirs[name],
            next_step="choose another name in the package, or take it out of `plugins` in trunkline.yaml",
        )
    return (*OURS[group], *sorted(theirs))


def absent(packages: Collection[str]) -> tuple[str, ...]:
    """Return the packages among `packages` that are not installed."""
    if not packages:
        return ()
    from importlib.metadata import distributions

    installed = {canonical_name(one.name) for one in distributions() if one.name}
    return tuple(package for package in packages if canonical_name(package) not in installed)


def trusted(packages: Collection[str], lock: Path) -> Collection[str]:
    """Return the packages that a policy lists, once each is in the lock, whose hashes the installation asks for.

    Raises PolicyError when one is not, ProjectError when there is no lock.
    """
    if packages:
        locked = {package.name for package in read_lock(lock)}
        for package in packages:
            if canonical_name(package) not in locked:
                raise PolicyError(
                    f"The policy lists a package that {lock.name} does not lock.",
                    value=package,
                    next_step=f"add {package} to requirements/dev.in and run make lock, or take it out of `plugins`",
                )
    return packages


def _missing(group: str, name: str, offered: list[EntryPoint], known: list[str]) -> PolicyError:
    if offered:
        package = _package(offered[0])
        return PolicyError(
            f"The policy does not list the package that offers {name}.",
            value=package,
            next_step=f"add {package} under `plugins` in trunkline.yaml if you trust it",
        )
    return PolicyError(
        f"None of Trunkline's {group} has that name.", value=name, next_step=f"use one of {', '.join(known)}"
    )


def _package(point: EntryPoint) -> str:
    return canonical_name(point.dist.name) if point.dist else ""
