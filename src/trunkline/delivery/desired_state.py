"""The desired state: `deployments/<environment>.yaml`, which bundles serve, by which strategy, on which target."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, SerializeAsAny, ValidationError, field_validator, model_validator

from trunkline.core.errors import PolicyError, shown
from trunkline.core.plugins import OURS, plugin
from trunkline.core.policy.reading import parse_yaml, read_yaml
from trunkline.core.problems import wording
from trunkline.core.record import Record, write_atomically
from trunkline.core.release import Release, Route, Strategy

from .targets.protocol import TargetKind, TargetSettings, UnknownSettings
from .yaml_edit import edit

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
IMAGE = r"^([A-Za-z0-9\[][A-Za-z0-9\[\]._:/-]*@sha256:[0-9a-f]{64})?$"
"""As an engine takes it, which would read what begins with a dash as an option."""


def settings_class(given: Mapping[str, Any]) -> type[TargetSettings]:
    """Return what validates the settings under `target`; a kind that is not ours is left to its package."""
    name = given.get("kind", "local")
    if not isinstance(name, str) or name not in OURS["targets"]:
        return UnknownSettings
    kind: TargetKind = plugin("targets", name)
    return kind.settings


class DesiredState(Record):
    """What an environment shall serve. It is changed by a merged pull request and by nothing else."""

    SCHEMA: ClassVar[str] = "trunkline/desired-state/1"

    environment: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    target: SerializeAsAny[TargetSettings]
    strategy: Strategy = "none"
    champion: Route | None = None
    challenger: Route | None = None
    share: float = Field(default=0.0, ge=0.0, lt=1.0)
    """The share of users whom a canary sends to the challenger."""
    salt: str = ""
    """Decides which users those are; kept from the silent stage on."""
    image: str = Field(default="", pattern=IMAGE)
    """The image that the target runs, by digest; only kinds that run images take one."""

    @field_validator("target", mode="before")
    @classmethod
    def _of_its_kind(cls, given: Any) -> Any:
        return settings_class(given).model_validate(given) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _is_coherent(self) -> DesiredState:
        routes = {"champion": self.champion, "challenger": self.challenger}
        needed = {"none": (), "single": ("champion",)}.get(self.strategy, ("champion", "challenger"))
        for name, route in routes.items():
            if name in needed and route is None:
                raise ValueError(f"{name}: strategy {self.strategy} needs one")
            if name not in needed and route is not None:
                raise ValueError(f"{name}: strategy {self.strategy} has none")
            if route is not None and not DIGEST.fullmatch(route.bundle):
                raise ValueError(
                    f"{name}.bundle: must be sha256: and 64 hexadecimal digits (found {route.bundle!r})"
                )
        if self.champion and self.challenger and self.champion.bundle == self.challenger.bundle:
            raise ValueError("challenger.bundle: is the champion's")
        if self.strategy == "canary":
            if self.share == 0:
                raise ValueError("share: must lie between 0 and 1 for a canary")
            if not self.salt:
                raise ValueError("salt: a canary needs one, or every canary would meet the same users")
        elif self.share:
            raise ValueError(f"share: only a canary has one, and the strategy is {self.strategy}")
        return self

    @property
    def routes(self) -> tuple[Route, ...]:
        """Return the versions that it names, champion first."""
        return tuple(route for route in (self.champion, self.challenger) if route)

    def in_image(self, image: str) -> DesiredState:
        """Return the state whose target runs another image. Raises PolicyError when it is not named by digest."""
        if not re.fullmatch(IMAGE, image):
            raise PolicyError(
                "An image is named by its digest, for a tag can be moved.",
                value=image,
                next_step="name it as <registry>/<name>@sha256:<64 digits>, as make image does after its push",
            )
        return self.model_copy(update={"image": image})

    def release(self, revision: str) -> Release | None:
        """Return what a service is told at commit `revision`, or None when nothing shall serve."""
        if self.strategy == "none" or self.champion is None:
            return None
        return Release(
            environment=self.environment,
            revision=revision,
            strategy=self.strategy,
            champion=self.champion,
            challenger=self.challenger,
            share=self.share,
            salt=self.salt,
            image=self.image,
        )


def read_state(path: Path) -> DesiredState:
    """Return the desired state that the file holds.

    Raises PolicyError when there is no such environment, and what `parse_state` raises.
    """
    if not path.is_file() and (known := sorted(file.stem for file in path.parent.glob("*.yaml"))):
        raise PolicyError(
            f"There is no environment {path.stem}.",
            value=path.stem,
            next_step=f"use one of {', '.join(known)}",
        )
    return _state(read_yaml(path), environment=path.stem, name=path.name, origin=str(path))


def parse_state(text: str, *, environment: str, origin: str) -> DesiredState:
    """Return the desired state that a file's text holds; `origin` says in errors where the text is from.

    Raises PolicyError that names file and key when it is not coherent, or is another environment's.
    """
    return _state(
        parse_yaml(text, origin), environment=environment, name=f"{environment}.yaml", origin=origin
    )


def _state(body: dict[str, Any], *, environment: str, name: str, origin: str) -> DesiredState:
    schema = body.pop("schema", DesiredState.SCHEMA)
    if schema != DesiredState.SCHEMA:
        raise PolicyError(
            f"{name}: schema: this version of Trunkline reads {DesiredState.SCHEMA}.",
            value=schema,
            next_step=f"edit {origin}",
        )
    try:
        state = DesiredState.model_validate(body)
    except ValidationError as problem:
        rows = "; ".join(explain(row, body) for row in problem.errors(include_url=False))
        raise PolicyError(f"{name}: {rows}.", next_step=f"edit {origin}") from problem
    if state.environment != environment:
        raise PolicyError(
            f"{name}: environment: must be {environment}, as the file is named.",
            value=state.environment,
            next_step=f"edit {origin}",
        )
    return state


def write_state(path: Path, state: DesiredState) -> None:
    """Write the desired state; comments, order and white space of an existing file stay, and so do unchanged bytes.

    Raises PolicyError when the existing file is not a desired state or cannot be edited in place.
    """
    wanted = state.to_dict()
    if not path.exists():
        write_atomically(path, edit("", wanted).encode())
        return
    before = read_state(path).to_dict()
    changes = {key: value for key, value in wanted.items() if value != before[key]}
    if not changes:
        return
    text = path.read_bytes().decode()  # with the ends of lines that it has; it was read just now
    try:
        text = edit(text, changes)
    except ValueError as problem:
        raise PolicyError(
            f"{path.name} cannot be edited: {problem}.", next_step=f"write {path} in plain keys and values"
        ) from problem
    write_atomically(path, text.encode())


def explain(problem: Any, body: Mapping[str, Any], *, within: type[Record] | None = None) -> str:
    """Return a problem of validation in words; `within` is its record where that is no whole desired state."""
    name = ".".join(str(part) for part in problem["loc"])
    if not name:
        return wording(problem)
    if problem["type"] == "missing":
        return f"{name}: {wording(problem)}"
    if problem["type"] == "extra_forbidden":
        owners: dict[str, type[Record]] = {"champion": Route, "challenger": Route}
        if isinstance(target := body.get("target"), dict):
            owners["target"] = settings_class(target)
        owner = within or (owners[str(problem["loc"][0])] if len(problem["loc"]) > 1 else DesiredState)
        known = list(owner.model_fields)
        guess = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
        hint = f"did you mean {guess[0]}?" if guess else f"known: {', '.join(known)}"
        return f"unknown key {name} ({hint})"
    return f"{name}: {wording(problem)} (found {shown(problem['input'])})"
