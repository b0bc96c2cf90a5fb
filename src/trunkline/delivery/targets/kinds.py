"""The kind of target that a desired state names, and its settings as that kind reads them."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import ValidationError

from trunkline.core.errors import PolicyError
from trunkline.core.exposure import on_loopback, require_guarded
from trunkline.core.plugins import plugin
from trunkline.core.policy.delivery import Serving

from ..desired_state import DesiredState, explain
from .protocol import TargetKind, TargetSettings, UnknownSettings


def kind_of(state: DesiredState, *, packages: Collection[str] = ()) -> TargetKind:
    """Return the kind of a desired state's target. Raises PolicyError when neither we nor `packages` offer it."""
    kind: TargetKind = plugin("targets", state.target.kind, packages=packages)
    return kind


def settings_of(kind: TargetKind, state: DesiredState) -> TargetSettings:
    """Return the settings of a desired state's target. Raises PolicyError when they, or its image, are not for it."""
    file = f"deployments/{state.environment}.yaml"
    if state.image and not kind.takes_image:
        raise PolicyError(
            f"A target of the kind {state.target.kind} runs no image.",
            value=state.image,
            next_step=f"take `image` out of {file}, or choose another target.kind",
        )
    if not isinstance(state.target, UnknownSettings):
        return state.target
    try:
        read: TargetSettings = kind.settings.model_validate(state.target.model_dump())
    except ValidationError as problem:
        rows = "; ".join(explain(row, {}, within=kind.settings) for row in problem.errors(include_url=False))
        raise PolicyError(f"{file}: target: {rows}.", next_step=f"edit {file}") from problem
    return read


def require_possible(state: DesiredState, settings: TargetSettings, serving: Serving) -> None:
    """Raise PolicyError for what a target refuses whatever serves: everybody could reach it, or it has no image."""
    if listens := settings.listens(serving):
        require_guarded(*listens)
    if settings.needs_image and state.champion and not state.image:
        raise PolicyError(
            f"The desired state names no image, and {state.environment} runs images.",
            next_step="PUSH=<registry>/<name> make image, then name it as image in"
            f" deployments/{state.environment}.yaml",
        )


def plain_http(settings: TargetSettings, serving: Serving) -> str:
    """Return what must stand before a service that others reach and that ends no TLS itself; empty where it does."""
    host, access = settings.listens(serving) or ("", None)
    if access is None or access.tls != "platform" or settings.behind_tls or on_loopback(host):
        return ""
    return (
        f"It answers plain HTTP on {host or 'every address'} (access.tls: platform): a proxy or the platform must"
        " stand before it and terminate TLS."
    )
