"""The Lambda target: a release is a version of the function, and an alias moves to it once it answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, UnavailableError
from trunkline.core.exposure import require_guarded
from trunkline.core.release import Release

from ..plan import Step
from .aws.account import Account
from .aws.image import require_image
from .aws.kept import Kept
from .aws.logs import fetch_log
from .aws_lambda import LambdaSettings
from .lambda_function import ALIAS, READY, function_of, own_part, release_of
from .on_platform import SECRETS
from .protocol import Environment, Health
from .service import wait_for

PATIENCE_S, EVERY_S = 600.0, 2.0
"""Lambda takes a minute to optimise a new image."""
GONE = ("ResourceNotFoundException",)
COLD = "a request that finds no process waits some seconds until one has begun, and a process answers one at a time"


class LambdaTarget(Kept):
    """One function with the environment's name; its alias says which version the function URL reaches."""

    def __init__(
        self,
        environment: Environment,
        settings: LambdaSettings,
        account: Account | None = None,
        *,
        patience: float = PATIENCE_S,
        every: float = EVERY_S,
    ) -> None:
        super().__init__(environment, settings, account)
        self.settings = settings
        self.patience, self.every = patience, every

    def assigned(self) -> Release | None:
        """Return what the alias shall serve since the last apply."""
        live = self._function(ALIAS)
        return release_of(live) if live else None

    def observe(self) -> Release | None:
        """Return what the alias serves: Lambda starts a process when it is asked."""
        return self.assigned()

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that is needed, because settings or keys changed or something was changed by hand."""
        live = self._function(ALIAS)
        if live is None:
            return ()
        release = release_of(live)
        if release is None or own_part(live) != own_part(self._wanted(release)):
            why = "its settings or keys changed, or it was changed by hand"
            return (Step(kind="restart", text=f"the function: {why}"),)
        return ()

    def check(self) -> Health:
        """Return how the function is: it is asked /ready."""
        live = self._function(ALIAS)
        if live is None:
            return Health(ready=False, text="not running")
        if why := self._asked(ALIAS):
            return Health(ready=False, text=f"the function does not answer: {why}")
        release = release_of(live)
        return Health(
            ready=True, text=f"the function answers; {COLD}", revision=release.revision if release else ""
        )

    def address(self) -> str:
        """Return the function URL. Raises UnavailableError before the first deployment, for AWS chooses it."""
        found = self.account.find(
            "lambda", "get_function_url_config", missing=GONE, FunctionName=self.key, Qualifier=ALIAS
        )
        if found is None:
            raise UnavailableError(
                "The function has no URL yet.", next_step=f"trunkline deploy {self.environment.name}"
            )
        return str(found["FunctionUrl"]).rstrip("/")

    def logs(self) -> Path:
        """Return the file that holds the last lines of the function's own log, fetched now."""
        return fetch_log(self.account, self.foundation["LogGroup"], self.environment.folder)

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Publish a version of the function, ask it, and move the alias to it."""
        del bundles  # they are in the image
        require_guarded("0.0.0.0", self.access)  # noqa: S104
        require_image(self.account, release, file=self.environment.file)
        self.bring_secrets()
        before = self._alias()
        self.environment.progress("Lambda prepares the image; this takes a minute")
        try:
            version = self._published(release, before)
            if why := self._asked(version):
                raise ApplyError(f"it does not answer: {why}")
            self._point(version, before)
        except ApplyError as error:
            raise self._gone_back(error, release, before) from error

    def stop(self) -> bool:
        """Delete the function with its URL, and return whether there was one."""
        if self._function() is None:
            return False
        self.account.call("lambda", "delete_function", FunctionName=self.key)
        return True

    def _published(self, release: Release, before: Mapping[str, Any] | None) -> str:
        """Return the number of the version that serves a release, made where there is none."""
        wanted = self._wanted(release)
        if before and (live := self._function(ALIAS)) and own_part(live) == own_part(wanted):
            return str(before["FunctionVersion"])
        if self._function() is None:
            self.account.call("lambda", "create_function", **wanted)
        else:
            changed = {name: value for name, value in wanted.items() if name not in ("Code", "PackageType")}
            changed.pop("Architectures")
            self.account.call("lambda", "update_function_configuration", **changed)
            self._await("")
            self.account.call(
                *("lambda", "update_function_code"),
                FunctionName=self.key,
                Architectures=wanted["Architectures"],
                **wanted["Code"],
            )
        self._await("")
        if own_part(self._function() or {}) != own_part(wanted):
            raise ApplyError("another deployment changed the function meanwhile")
        made = self.account.call(
            "lambda", "publish_version", FunctionName=self.key, Description=release.revision[:40]
        )
        self._await(str(made["Version"]))
        return str(made["Version"])

    def _await(self, version: str) -> None:
        """Wait until Lambda has taken what was changed."""

        def settled() -> str | None:
            found = (self._function(version) or {}).get("Configuration", {})
            states = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
            if "Failed" in states:
                return str(found.get("LastUpdateStatusReason") or found.get("StateReason") or "it failed")
            return None if "Pending" in states or "InProgress" in states else ""

        why = wait_for(settled, patience=self.patience, every=self.every)
        if why is None:
            raise ApplyError(f"Lambda is not done after {self.patience:g} s")
        if why:
            raise ApplyError(f"Lambda does not take it: {why.rstrip('.')}")

    def _asked(self, version: str) -> str:
        """Return why a version does not answer /ready; empty when it does."""
        reply = self.account.call(
            "lambda", "invoke", FunctionName=self.key, Qualifier=version, Payload=json.dumps(READY).encode()
        )
        said = reply["Payload"].read()
        try:
            answer = json.loads(said)
            status = answer.get("statusCode") if isinstance(answer, dict) else None
        except ValueError:
            answer, status = {}, None
        if reply.get("FunctionError") or status != 200:
            told = answer.get("errorMessage") if isinstance(answer, dict) else ""
            return str(told or f"/ready is answered with {status}")[:300].rstrip(".")
        return ""

    def _point(self, version: str, before: Mapping[str, Any] | None) -> None:
        common = {"FunctionName": self.key, "Name": ALIAS, "FunctionVersion": version}
        if before is None:
            self.account.call("lambda", "create_alias", **common)
        elif before["FunctionVersion"] != version:
            # Refused where another deployment moved it meanwhile.
            self.account.call("lambda", "update_alias", **common, RevisionId=before["RevisionId"])
        named = {"FunctionName": self.key, "Qualifier": ALIAS}
        if self.account.find("lambda", "get_function_url_config", missing=GONE, **named) is None:
            self.account.call("lambda", "create_function_url_config", **named, AuthType="AWS_IAM")

    def _gone_back(self, error: ApplyError, release: Release, before: Mapping[str, Any] | None) -> ApplyError:
        now = "nothing serves"
        if before is None:
            self.stop()
        else:
            served = self.observe()
            now = (
                f"version {served.champion.version} serves as before"
                if served
                else "its former version serves"
            )
        return ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}: {error.what.rstrip('.')}; {now}.",
            value=release.image,
            next_step=f"the log group {self.foundation['LogGroup']} says why; then mend the image, or revert the merge"
            " that named it",
        )

    def _wanted(self, release: Release) -> dict[str, Any]:
        secrets = {name: self._read(parameter) for name, parameter in SECRETS.items()}
        return function_of(
            release,
            self.settings,
            self.access,
            self.environment.serving,
            name=self.key,
            foundation=self.foundation,
            secrets={name: value for name, value in secrets.items() if value},
        )

    def _function(self, version: str = "") -> dict[str, Any] | None:
        """Return the function, or one of its versions; None where there is none."""
        which = {"Qualifier": version} if version else {}
        return self.account.find("lambda", "get_function", missing=GONE, FunctionName=self.key, **which)

    def _alias(self) -> dict[str, Any] | None:
        return self.account.find("lambda", "get_alias", missing=GONE, FunctionName=self.key, Name=ALIAS)
