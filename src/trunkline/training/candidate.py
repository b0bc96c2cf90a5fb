"""A candidate: an estimator with its search space, offered by the user's project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trunkline.core.errors import ProjectError

from .converters import Converter


@dataclass(frozen=True)
class Export:
    """How an estimator becomes ONNX where the toolkit's own way is not enough.

    `converters` maps a class to a function (graph, fitted step, value) that writes the step into the graph and returns
    what it gives: a `Tensor`, of width 1 for a regressor, or `Classified`. See `trunkline.training.converters`.
    `options` are those of skl2onnx for steps that it converts: `{StandardScaler: {"div": "div_cast"}}`.
    The answers are compared with the pipeline's all the same.
    Raises ProjectError when a converter is none, or stands for no class.
    """

    converters: Mapping[type, Converter] = field(default_factory=dict)
    options: Mapping[Any, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind, converter in self.converters.items():
            if not isinstance(kind, type) or not callable(converter):
                raise ProjectError(
                    "A converter to ONNX is a function by the class of the step that it writes.",
                    value=f"{kind}: {converter}",
                    next_step="correct `export` in model.py: Export(converters={MyStep: write_my_step})",
                )


NO_EXPORT = Export()


@dataclass(frozen=True)
class Candidate:
    """An estimator that competes, by a name that `training.candidates` in the policy can pick.

    `search` maps a parameter of the estimator to a list of values or a scipy distribution; empty means as it is.
    `export` says how it becomes ONNX.
    Raises ProjectError when the estimator cannot be fitted or the search space is neither of the two.
    """

    name: str
    estimator: Any
    search: Mapping[str, Any] = field(default_factory=dict)
    export: Export = NO_EXPORT

    def __post_init__(self) -> None:
        if not self.name:
            raise ProjectError("A candidate has no name.", next_step="name it in model.py")
        if isinstance(self.estimator, type) or not callable(getattr(self.estimator, "fit", None)):
            raise ProjectError(
                f"The estimator of candidate {self.name} cannot be fitted.",
                value=self.estimator,
                next_step="give an instance of a scikit-learn estimator in model.py",
            )
        for parameter, values in self.search.items():
            listed = isinstance(values, list | tuple) and len(values) > 0
            if not listed and not callable(getattr(values, "rvs", None)):
                raise ProjectError(
                    f"Candidate {self.name}: the search space of {parameter} is neither a list of values "
                    "nor a scipy distribution.",
                    value=values,
                    next_step="correct `search` in model.py",
                )
