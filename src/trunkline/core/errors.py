"""Every error that Trunkline raises on purpose: who must act, on what value, and what to do next."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable
from typing import ClassVar, Literal

Actor = Literal["fix your input", "wait", "call a person"]

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 300
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 20
_SHORT.maxlevel = 4


def shown(value: object) -> str:
    """Return a value as an error shows it, cut after some hundred letters."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # a whole number of more digits than Python writes
        return f"a very long {type(value).__name__}"


def instead(name: str, known: Iterable[str]) -> str:
    """Return the next step for a name that is not known: its close matches, else all that there are."""
    names = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    return (
        f"use {' or '.join(names[one] for one in close)}"
        if close
        else f"use one of {', '.join(names.values())}"
    )


class TrunklineError(Exception):
    """Base of all errors raised on purpose.

    `what` is one sentence on what happened, `value` the offending value (where there is one) and
    `next_step` the command or edit that helps. `exit_code` and `actor` belong to the class.
    """

    exit_code: ClassVar[int] = 1
    actor: ClassVar[Actor] = "call a person"

    def __init__(self, what: str, *, value: object = None, next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.value = value
        self.next_step = next_step

    def __str__(self) -> str:
        parts = [self.what]
        if self.value is not None:
            parts.append(f"Found: {shown(self.value)}.")
        if self.next_step:
            parts.append(f"Next: {self.next_step}")
        return " ".join(parts)


class GateFailed(TrunklineError):
    """The tool worked and a gate said no."""

    exit_code = 3
    actor: ClassVar[Actor] = "fix your input"


class GateInconclusive(TrunklineError):
    """The tool worked and a blocking gate had too few data to answer."""

    exit_code = 4
    actor: ClassVar[Actor] = "fix your input"


class PolicyError(TrunklineError):
    """`trunkline.yaml` or a deployment file cannot be read, or asks for something that does not exist."""

    exit_code = 10
    actor: ClassVar[Actor] = "fix your input"


class ContractError(TrunklineError):
    """The contract itself is wrong: an unknown type, role or key of a field."""

    exit_code = 11
    actor: ClassVar[Actor] = "fix your input"


class DataError(TrunklineError):
    """Rows that do not keep the contract, or too few of them to work with."""

    exit_code = 12
    actor: ClassVar[Actor] = "fix your input"


class ProjectError(TrunklineError):
    """The user's project lacks a part, or its code raised."""

    exit_code = 13
    actor: ClassVar[Actor] = "fix your input"


class NotFoundError(TrunklineError):
    """Something that was asked for by name, digest or number is not there."""

    exit_code = 14
    actor: ClassVar[Actor] = "fix your input"


class BundleError(TrunklineError):
    """A bundle is damaged, was tampered with, or its digest is not the one asked for."""

    exit_code = 20
    actor: ClassVar[Actor] = "call a person"


class ExportError(TrunklineError):
    """The fitted model cannot be written in a form that gives the same answers."""

    exit_code = 21
    actor: ClassVar[Actor] = "fix your input"


class UnavailableError(TrunklineError):
    """Another program does not answer, or a port is taken."""

    exit_code = 30
    actor: ClassVar[Actor] = "wait"


class StorageError(TrunklineError):
    """A path cannot be read or written."""

    exit_code = 31
    actor: ClassVar[Actor] = "fix your input"


class StalePlanError(TrunklineError):
    """The plan that was reviewed is not the plan that would be carried out now."""

    exit_code = 40
    actor: ClassVar[Actor] = "fix your input"


class ApplyError(TrunklineError):
    """A deployment did not become healthy; what served before still serves."""

    exit_code = 41
    actor: ClassVar[Actor] = "call a person"


class ForgeError(TrunklineError):
    """The forge refused: a conflict, an unknown branch, a pull request that is already closed."""

    exit_code = 42
    actor: ClassVar[Actor] = "fix your input"


class SettingError(ForgeError):
    """A setting of the forge forbids it, whatever the token may do: workflows may open no pull request."""

    exit_code = 43
    actor: ClassVar[Actor] = "fix your input"


class SignatureError(TrunklineError):
    """What is to serve was not signed by anybody whom the policy on main names."""

    exit_code = 44
    actor: ClassVar[Actor] = "call a person"


class UnforeseenError(TrunklineError):
    """An unforeseen error: a defect of Trunkline, with a report that helps to find it."""

    exit_code = 50
    actor: ClassVar[Actor] = "call a person"


def of_system(error: OSError) -> TrunklineError:
    """Return what the operating system refused as an error that says which path, and who must act."""
    said = error.strerror or str(error) or type(error).__name__
    if isinstance(error, ConnectionError | TimeoutError) or (error.filename is None and error.errno is None):
        return UnavailableError(f"Another program does not answer: {said}.", next_step="try again later")
    if error.filename is None:
        return StorageError(f"The system refused: {said}.", next_step="look at free disk space and memory")
    return StorageError(
        f"Cannot read or write {error.filename}: {said}.",
        next_step="correct the path, its permissions, or what lies there",
    )
