"""The Kubernetes target: a Deployment that rolls forward, and goes back where its pods do not become ready."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, UnavailableError
from trunkline.core.exposure import require_guarded
from trunkline.core.record import write_atomically
from trunkline.core.release import Release

from ..plan import Step
from .image_labels import require_bundles
from .kubectl import Kubectl
from .kubernetes import KubernetesSettings
from .kubernetes_objects import DEADLINE_S, KINDS, objects, outcome, previous_of, release_of
from .on_platform import DEPLOYMENT, OnPlatform
from .protocol import Environment, Health
from .service import wait_for

LOG_LINES = 2000
OVERTAKEN = "another deployment took its place"


class KubernetesTarget(OnPlatform):
    """One Deployment of a namespace; beside it a Secret with keys, and a ConfigMap with the newest deployment."""

    def __init__(
        self,
        environment: Environment,
        settings: KubernetesSettings,
        *,
        patience: float = DEADLINE_S + 60.0,
        every: float = 2.0,
    ) -> None:
        super().__init__(environment)
        self.settings = settings
        self.access = settings.admits(environment.serving)
        self.cluster = Kubectl(settings.context, settings.namespace)
        self.patience, self.every = patience, every

    def assigned(self) -> Release | None:
        """Return what shall serve since the last apply."""
        found = self._deployment()
        return release_of(found) if found else None

    def observe(self) -> Release | None:
        """Return what the pods serve: until the newest release is ready, what served before it."""
        found = self._deployment()
        if found is None:
            return None
        if outcome(found) == "":
            return release_of(found)
        return previous_of(found) if (found.get("status") or {}).get("availableReplicas") else None

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that is needed, because settings or keys changed or something was changed by hand."""
        found = self._deployment()
        if found is None:
            return ()
        release = release_of(found)
        if release and not self.cluster.differs(self._objects(release, previous_of(found))):
            return ()
        why = "its settings or keys changed, or an object was changed by hand"
        return (Step(kind="restart", text=f"the service: {why}"),)

    def check(self) -> Health:
        """Return how the service is: how many pods are ready."""
        found = self._deployment()
        if found is None:
            return Health(ready=False, text="not running")
        ready = int((found.get("status") or {}).get("availableReplicas", 0))
        release = self.observe()
        text = f"{ready} of {found['spec'].get('replicas', 1)} pods are ready"
        return Health(ready=ready > 0, text=text, revision=release.revision if release and ready else "")

    def address(self) -> str:
        """Return where callers reach it."""
        inside = f"http://{self.key}.{self.settings.namespace}.svc"
        return f"https://{self.settings.domain}" if self.settings.domain else inside

    def logs(self) -> Path:
        """Return the file that holds the last lines of the pods' own log, fetched now."""
        path = self.environment.folder / "service.log"
        if text := self.cluster.logs(f"app.kubernetes.io/instance={self.key}", LOG_LINES):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text.encode())
        return path

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Apply the objects of a release, and wait until its pods are ready or what served before serves again."""
        del bundles  # they are in the image
        require_guarded("0.0.0.0", self.access)  # noqa: S104
        require_bundles(release)
        before = self._deployment()
        serves = self.observe()
        self._require_quiet(before, release)
        self.bring_secrets()
        previous = previous_of(before) if before and release_of(before) == release else serves
        self.environment.progress(f"Kubernetes starts pods of revision {release.revision[:12]}")
        self.cluster.apply(*self._objects(release, previous))
        found = wait_for(lambda: self._outcome(release), patience=self.patience, every=self.every)
        if found == "":
            return
        now = "that one decides" if found == OVERTAKEN else self._back(serves)
        raise ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}:"
            f" {found or f'it is not ready after {self.patience:g} s'}; {now}.",
            value=release.image,
            next_step=f"kubectl --namespace {self.settings.namespace} describe pods, and trunkline status"
            f" {release.environment}, say why; then mend the image, or revert the merge that named it",
        )

    def stop(self) -> bool:
        """Delete what serves, and return whether there was something; keys and secrets stay."""
        there = self._deployment() is not None
        self.cluster.delete(",".join(KINDS), self.key)
        return there

    def _outcome(self, release: Release) -> str | None:
        found = self._deployment()
        if found is None:
            return "its Deployment was deleted meanwhile"
        return outcome(found) if release_of(found) == release else OVERTAKEN

    def _back(self, serves: Release | None) -> str:
        """Let what served before serve again, and say so."""
        if serves is None:
            self.stop()
            return "nothing serves"
        self.cluster.apply(*self._objects(serves, serves))
        settled = wait_for(lambda: self._outcome(serves), patience=self.patience, every=self.every)
        name = f"version {serves.champion.version}"
        return f"{name} serves as before" if settled == "" else f"Kubernetes is going back to {name}"

    def _require_quiet(self, before: Mapping[str, Any] | None, release: Release) -> None:
        """Raise UnavailableError while another release is rolled out; a killed deployment is taken up again."""
        under_way = release_of(before) if before else None
        if before and under_way and under_way != release and outcome(before) is None:
            raise UnavailableError(
                f"Kubernetes is still at work on revision {under_way.revision[:12]} of {self.environment.name}.",
                next_step="wait until it is done or has failed, which takes some minutes; then deploy again",
            )

    def _objects(self, release: Release, previous: Release | None) -> list[dict[str, Any]]:
        keys, serving = self.keys_digest, self.environment.serving
        return objects(self.key, release, self.settings, serving, keys=keys, previous=previous)

    def _read(self, name: str) -> str:
        if name != DEPLOYMENT:
            return (self.cluster.secret(self.key) or {}).get(name, "")
        found = self.cluster.get("configmaps", self.key)
        return str(((found or {}).get("data") or {}).get(name, ""))

    def _write(self, name: str, text: str, *, secret: bool = False) -> None:
        if not secret:
            self.cluster.apply(self._kept("ConfigMap", {"data": {name: text}}))
            return
        # Of server-side apply, what we name no longer goes.
        rows = {**(self.cluster.secret(self.key) or {}), name: text}
        encoded = {row: base64.b64encode(held.encode()).decode() for row, held in rows.items()}
        self.cluster.apply(self._kept("Secret", {"type": "Opaque", "data": encoded}))

    def _forget(self, name: str) -> None:
        del name  # it is alone in there
        self.cluster.delete("configmaps", self.key)

    def _kept(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        named = {"name": self.key, "namespace": self.settings.namespace}
        return {"apiVersion": "v1", "kind": kind, "metadata": named, **body}

    def _deployment(self) -> dict[str, Any] | None:
        return self.cluster.get("deployments", self.key)
