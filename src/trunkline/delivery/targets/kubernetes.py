"""The kind `kubernetes`: an image by digest, as a Deployment with its Service in a namespace of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving

from .protocol import Environment, TargetSettings

if TYPE_CHECKING:
    from .kubernetes_target import KubernetesTarget

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$")]


class KubernetesSettings(TargetSettings):
    """Pods of a Deployment; the cluster's own ingress or gateway leads callers to its Service."""

    kind: Literal["kubernetes"] = "kubernetes"
    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:@/-]*$|^$")] = ""
    """The context of kubectl's configuration; empty takes its current one."""
    namespace: Name
    domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$|^$")] = ""
    """The name that callers use, which your ingress or gateway leads to the Service; empty is the cluster's own."""
    service_account: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$|^$")] = ""
    """Whose cloud identity ships the prediction log; empty takes the namespace's default."""
    cpu: Quantity = "500m"
    memory: Quantity = "1Gi"
    """What a pod asks for, and its limit."""
    minimum: Annotated[int, Field(ge=1, le=100)] = 2
    maximum: Annotated[int, Field(ge=1, le=100)] = 6
    """How many serve at most, where their processors are busy."""
    access: Access | None = None
    """Who may ask; None takes `serving.access` of the policy. The ingress or gateway terminates TLS."""

    needs_image: ClassVar[bool] = True

    def listens(self, serving: Serving) -> tuple[str, Access]:
        """Return that it listens to everyone in the cluster, and whom the service admits."""
        return "0.0.0.0", self.admits(serving)  # noqa: S104

    def admits(self, serving: Serving) -> Access:
        """Return whom the service admits; `tls: own` becomes *platform*, for no pod holds a certificate."""
        access = serving.access if self.access is None else self.access
        return access if access.tls == "none" else access.model_copy(update={"tls": "platform"})

    @model_validator(mode="after")
    def _grows(self) -> KubernetesSettings:
        if self.maximum < self.minimum:
            raise ValueError(f"maximum: is smaller than minimum, {self.minimum}")
        return self


class Kubernetes:
    """What the kind takes and how it is opened."""

    settings: ClassVar[type[KubernetesSettings]] = KubernetesSettings
    takes_image: ClassVar[bool] = True

    @staticmethod
    def on_this_machine(settings: KubernetesSettings) -> bool:
        """Whether the pods run on the machine that deploys: nobody can tell."""
        del settings
        return False

    @staticmethod
    def open(environment: Environment, settings: KubernetesSettings) -> KubernetesTarget:
        """Return the target of an environment."""
        from .kubernetes_target import KubernetesTarget

        return KubernetesTarget(environment, settings)
