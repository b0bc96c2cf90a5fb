"""Registry, serving and forge."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from ..plugins import OURS
from .access import OPEN, Access
from .section import Positive, Section, Shape

CARRIED = {"auto": "auto", "always": "git", "never": "mlflow"}
"""What `registry.carry` of older projects means as `registry.kind`."""


def _kinds(group: str) -> list[str]:
    return ["auto", *sorted(OURS[group])]


def _known(group: str) -> AfterValidator:
    def check(kind: str) -> str:
        if kind not in (known := _kinds(group)):
            raise ValueError(f"use one of {', '.join(known)}")
        return kind

    return AfterValidator(check)


STORE = rf"^((file:///|({'|'.join(sorted(OURS['log stores'].keys() - {'file'}))})://).*\{{environment\}}.*)?$"


def _stored(address: str) -> str:
    scheme, _, rest = address.partition("://")
    if address and scheme not in OURS["log stores"]:
        raise ValueError(f"begin it with one of {', '.join(f'{one}://' for one in OURS['log stores'])}")
    if scheme == "file" and not rest.startswith("/"):
        raise ValueError(f"a folder's address has three slashes: file:///{rest}")
    if address and "{environment}" not in address:
        raise ValueError("{environment} is missing: each environment has a log of its own")
    return address


class RegistryPolicy(Section):
    """Where bundles are kept for other machines, and for how long."""

    kind: Annotated[str, _known("registries"), Field(json_schema_extra={"enum": _kinds("registries")})] = (
        "auto"
    )
    """*git* keeps each bundle in a ref of the repository, *mlflow* in MLflow. *auto* is MLflow where a server is named.

    Without one it is git where the forge is on a host, and MLflow's embedded store where the forge is a folder.
    """
    uri: str = ""
    """MLflow tracking URI; empty means MLFLOW_TRACKING_URI, else the embedded store `.trunkline/mlflow.db`."""
    store_limit_mb: Positive = 500
    """The most that one bundle may weigh in git; past it, an MLflow server is the better place."""
    keep: Positive | None = None
    """How many of the newest versions keep their bundles, whatever serves; `null` is all that main names."""
    keep_days: Positive = 90
    """A bundle stays for so many days after it came, and after main last desired it: so far back a rollback reaches."""

    @model_validator(mode="before")
    @classmethod
    def _carried_before(cls, given: Any) -> Any:
        # Projects of before said so whether the embedded store travels.
        if isinstance(given, dict) and given.get("carry") in CARRIED and "kind" not in given:
            kept = {name: value for name, value in given.items() if name != "carry"}
            return kept | {"kind": CARRIED[given["carry"]]}
        return given


class LogPolicy(Section):
    """Where the prediction log goes, what happens when it cannot be written, and how long it is kept."""

    store: Annotated[str, AfterValidator(_stored), Field(json_schema_extra={"pattern": STORE})] = ""
    """Empty: the folder on the machine that serves. Else an address that names {environment}.

    To s3://BUCKET/{environment}, gs:// or az:// the service ships what it logs; it needs the package obstore.
    file:///FOLDER/{environment} is a share. From https://{environment}.HOST the service itself hands out its log.
    """
    on_full: Literal["refuse", "answer_and_count"] = "refuse"
    """What a request gets when its answer cannot be logged: HTTP 503, or the answer, and monitoring counts it."""
    keep_days: Annotated[int, Field(ge=0)] = 0
    """Answers older than this are deleted with their ground truth, a whole file at a time; 0 keeps everything."""


class Serving(Section):
    """The service."""

    host: str = "127.0.0.1"
    """The address that it listens on; 0.0.0.0 is every one of the machine's, and needs `access`."""
    sync_log: bool = False
    """Force each logged answer to disk before it is returned: survives a power cut, costs a millisecond or more."""
    maximum_rows: Positive = 1000
    """The most rows in one batch request."""
    access: Access = OPEN
    log: LogPolicy = LogPolicy()


class ForgePolicy(Section):
    """Where pull requests and issues live."""

    kind: Annotated[str, _known("forges"), Field(json_schema_extra={"enum": _kinds("forges")})] = "auto"
    """*auto* is GitHub in its workflows and where the remote `origin` lies there, else the local forge."""
    repository: Annotated[str, Shape(r"^([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?$", "write it as owner/name")] = ""
    """owner/name on GitHub; empty means GITHUB_REPOSITORY, else what the remote `origin` says."""
    api: Annotated[str, Shape(r"^(https?://.+)?$", "begin it with https:// or http://")] = ""
    """The API of a GitHub Enterprise Server (https://HOST/api/v3); empty means GITHUB_API_URL, else github.com's."""
    path: str = ".trunkline/forge"
    """The folder of the local forge; it holds a bare origin, pulls/ and issues/."""
    main: str = "main"
    """The branch that is production."""
