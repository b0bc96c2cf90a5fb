"""The kind `local`: a process on the machine that deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving

from .protocol import Environment, TargetSettings

if TYPE_CHECKING:
    from .local_target import LocalTarget


class LocalSettings(TargetSettings):
    """A process on this machine; port 0 takes any that is free, an empty host is the policy's."""

    kind: Literal["local"] = "local"
    host: str = ""
    port: int = Field(ge=0, le=65535)
    access: Access | None = None
    """Who may ask; None takes `serving.access` of the policy."""

    def listens(self, serving: Serving) -> tuple[str, Access]:
        """Return the service's address, and whom it admits."""
        return self.host or serving.host, serving.access if self.access is None else self.access


class Local:
    """What the kind takes and how it is opened."""

    settings: ClassVar[type[LocalSettings]] = LocalSettings
    takes_image: ClassVar[bool] = False

    @staticmethod
    def on_this_machine(settings: LocalSettings) -> bool:
        """Whether it is a process of the machine that deploys: always."""
        del settings
        return True

    @staticmethod
    def open(environment: Environment, settings: LocalSettings) -> LocalTarget:
        """Return the target of an environment."""
        from ..installation import Installations
        from .local_target import LocalTarget
        from .port import Advice

        # A project without a lock for serving has nothing to copy from: its service runs from what deploys it.
        locked = (environment.locks / "serve.txt").is_file()
        serving = environment.serving
        host, access = settings.listens(serving)
        return LocalTarget(
            environment.folder,
            port=settings.port,
            host=host,
            log_folder=environment.predictions,
            serving=serving,
            ship=True,
            access=access,
            installations=Installations(environment.installed, environment.locks, environment.progress)
            if locked
            else None,
            advice=Advice(
                port=f"stop that program, or change target.port in {environment.file}:"
                f" it alone says where {environment.name} listens",
                host=f"change target.host in {environment.file}"
                if settings.host
                else "change serving.host in trunkline.yaml",
            ),
        )
