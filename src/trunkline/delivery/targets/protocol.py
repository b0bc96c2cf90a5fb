"""What every target offers: run a release, say what runs and how it is, go back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, runtime_checkable

from pydantic import ConfigDict

from trunkline.core.bundle import BundleStore
from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.record import Record
from trunkline.core.release import Deployment, Release

if TYPE_CHECKING:
    from ..plan import Step


class TargetSettings(Record):
    """What stands under `target` in a desired state; each kind adds its own keys."""

    kind: str

    needs_image: ClassVar[bool] = False
    """Whether it serves nothing without an image."""
    behind_tls: ClassVar[bool] = False
    """Whether the target itself brings what terminates TLS before the service."""

    def listens(self, serving: Serving) -> tuple[str, Access] | None:
        """Return on which address it serves, and whom it admits; None where the kind knows neither."""
        del serving
        return None


class UnknownSettings(TargetSettings):
    """The settings of a kind that is not ours: they are checked when the target is opened."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Process(Record):
    """The process that serves, where it runs on this machine."""

    pid: int
    create_time: float
    """In seconds since 1970."""
    supervised: bool = False
    """Whether systemd keeps it."""


class Health(Record):
    """How the service is; `text` says it to people."""

    ready: bool
    text: str
    revision: str = ""
    """The commit whose release it serves, where it answers."""
    process: Process | None = None


@dataclass(frozen=True)
class Environment:
    """What a target may know of the environment that it serves."""

    name: str
    file: str
    """The desired state, as the advice to people names it."""
    folder: Path
    """For the target's own files."""
    predictions: Path
    """The folder of the prediction log on this machine."""
    locks: Path
    installed: Path
    serving: Serving
    secret: Path
    """Beside it lie the keys and the variables of a service, on this machine; it need not exist."""
    progress: Callable[[str], None] = lambda _: None
    project: str = "model"
    repository: Callable[[], str] = lambda: ""
    """What is the same in every clone of the project's repository, and in no other's."""


class Target(Protocol):
    """Where a release runs. Every method may be called again after it was interrupted."""

    def observe(self) -> Release | None:
        """Return what serves now, or None when nothing does."""
        ...

    def assigned(self) -> Release | None:
        """Return what shall serve since the last apply, whether or not it lives; None after a stop."""
        ...

    def upkeep(self) -> tuple[Step, ...]:
        """Return what the target needs besides another release, as a restart on another port."""
        ...

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Make `release` serve and return when it does; only `trunkline.delivery.apply` calls it for an environment.

        Raises ApplyError when it does not become healthy, after going back to what served before; BundleError,
        UnavailableError or StorageError when nothing was changed because it could not even begin.
        """
        ...

    def check(self) -> Health:
        """Return how the service is."""
        ...

    def address(self) -> str:
        """Return where the service answers, or would. Raises UnavailableError where that is not known before."""
        ...

    def logs(self) -> Path:
        """Return the file on this machine that holds the service's own log; it need not exist yet."""
        ...

    def predictions(self) -> Path:
        """Return the folder on this machine that holds the prediction log; it need not exist yet."""
        ...

    def stop(self) -> bool:
        """Stop serving and return whether anything served."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A target that keeps its newest deployment where it serves, so that every machine knows of the kill switch."""

    def newest(self) -> Deployment | None:
        """Return what was applied last, by whichever machine; None where that is not known."""
        ...

    def remember(self, deployment: Deployment | None) -> None:
        """Keep what was applied last; None forgets it."""
        ...


class SystemdUnit(Protocol):
    """What brings a service back after a reboot."""

    @property
    def name(self) -> str:
        """Return its name, as `trunkline-loans-production`."""
        ...

    def text(self, *, system: bool) -> str:
        """Return it for the whole machine (`system`) or for the user's own systemd."""
        ...


@runtime_checkable
class Supervised(Protocol):
    """A target that systemd can keep, on the machine that serves."""

    def unit(self, environment: Environment) -> SystemdUnit:
        """Return the unit that keeps its service running."""
        ...


@runtime_checkable
class KeepsKeys(Protocol):
    """A target whose machine has a file of keys of its own."""

    def changing_keys(self) -> AbstractContextManager[Path]:
        """Yield a file with the machine's keys; what changes in it is written there."""
        ...


@runtime_checkable
class OpenedByKeys(Protocol):
    """A target whose machine is reached over SSH."""

    def reached(self) -> AbstractContextManager[str]:
        """Yield the address of the service as this machine reaches it, through a tunnel where nobody else is let in."""
        ...

    def line_of_key(self, public: str) -> str:
        """Return the line of authorized_keys by which a key may ask what serves, and for nothing else."""
        ...


class TargetKind(Protocol):
    """A plugin of the group `targets`: what a kind of target takes, and how it is opened."""

    settings: ClassVar[type[Any]]
    """A `TargetSettings` whose `kind` is the plugin's name."""
    takes_image: ClassVar[bool]
    """Whether it runs the image that the desired state names."""

    @staticmethod
    def on_this_machine(settings: Any) -> bool:
        """Return whether what serves runs on the machine that deploys."""
        ...

    @staticmethod
    def open(environment: Environment, settings: Any) -> Target:
        """Return the target of an environment."""
        ...
