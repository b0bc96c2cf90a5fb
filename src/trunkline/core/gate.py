"""A gate: a question about a model, what it takes to answer it, and what its answers mean."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar, get_args

from pydantic import ValidationError

from .errors import PolicyError
from .figures import Figure
from .plugins import OURS, plugins
from .policy.gates import Gates, Suite
from .policy.policy import Policy
from .policy.section import Section
from .raised import raised
from .record import describe_problems
from .verdicts import Outcome, Verdict

Asked = TypeVar("Asked")
PLACES = {
    "attribute": r"(?!none$).+",
    "metric": r".+",
    "slice": r"[a-z0-9][a-z0-9-]*",
    "name": r"[a-z0-9][a-z0-9-]*",
    "suite": "|".join(get_args(Suite)),
}
"""What may stand in the `{...}` of a gate's name."""
_PARTS = re.compile(r"^(Measured|Pass|Fail|Inconclusive|Advice|Source): ", re.MULTILINE)


@dataclass(frozen=True)
class Explanation:
    """A gate's docstring, in its parts."""

    measured: str
    passes: str
    fails: str
    inconclusive: str
    advice: str
    source: str = ""
    """The method's source, if it has one."""

    def outcomes(self) -> tuple[tuple[str, str], ...]:
        """Return what each answer means."""
        return (("pass", self.passes), ("fail", self.fails), ("inconclusive", self.inconclusive))


class Gate(Generic[Asked]):
    """A question; `Asked` is what it is asked about. A subclass explains itself in its docstring.

    The docstring says how the answer is measured. Then `Pass:`, `Fail:`, `Inconclusive:`, `Advice:` (what to do about a
    red answer) and, if the method has one, `Source:` each begin a paragraph.
    A gate with one answer has `applies` and `verdict`; a gate with several has `verdicts`.
    """

    name: ClassVar[str]
    """`room/question`; `{...}` stands for what differs from project to project (`PLACES`)."""
    question: ClassVar[str]
    keys: ClassVar[tuple[str, ...]] = ()
    """The keys of the policy that it reads, dotted."""
    switch: ClassVar[str] = ""
    """The key under `gates` that asks the question: where it says null or false, it is not asked."""
    section: ClassVar[type[Section] | None] = None
    """Its own section of the policy, `gates.<name>`; None if its keys stand in the section of its room."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        silent = cls.verdict is Gate.verdict and cls.verdicts is Gate.verdicts
        if "name" in vars(cls) and silent:
            raise TypeError(f"The gate {cls.name} answers nothing: it needs `verdict` or `verdicts`.")

    def __init__(self, rules: Section | None = None) -> None:
        self.rules: Any = rules or (self.section() if self.section else None)

    def applies(self, case: Asked) -> bool:
        """Whether the policy asks this question, and the model can be asked it."""
        said = attrgetter(f"policy.gates.{self.switch}")(case) if self.switch else True
        return said is not None and said is not False

    def verdict(self, case: Asked) -> Verdict:  # noqa: ARG002
        """Return the answer; a gate that gives several has no other than `verdicts`."""
        raise TypeError(f"{type(self).__name__} gives several verdicts.")

    def verdicts(self, case: Asked) -> Iterable[Verdict]:
        """Return every answer; none if the question does not apply."""
        if self.applies(case):
            yield self.verdict(case)

    def answer(
        self,
        outcome: Outcome,
        reason: str,
        *,
        gate: str = "",
        question: str = "",
        figures: Iterable[Figure] = (),
        threshold: float | None = None,
        blocking: bool = True,
        advice: str | None = None,
    ) -> Verdict:
        """Return a verdict of this gate; what is left out is as the class says, the advice if it is no pass."""
        if advice is None:
            advice = "" if outcome == "pass" else self.explanation().advice
        return Verdict(
            gate=gate or self.name,
            outcome=outcome,
            reason=reason,
            question=question or self.question,
            blocking=blocking,
            figures=tuple(figures),
            threshold=threshold,
            advice=advice,
        )

    @classmethod
    def room(cls) -> str:
        """Return what the name begins with."""
        return room_of(cls.name)

    @classmethod
    def matches(cls, gate: str) -> bool:
        """Whether a verdict of this name is this gate's; the gate's own name is."""
        if gate == cls.name:
            return True
        parts = re.split(r"\{(\w+)\}", cls.name)
        expression = "".join(
            f"(?:{PLACES[part]})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        )
        return re.fullmatch(expression, gate) is not None

    @classmethod
    def explanation(cls) -> Explanation:
        """Return what the docstring says; a part that it leaves out is as in the class above. Raises KeyError."""
        said: dict[str, str] = {}
        for kind in reversed(cls.__mro__):
            if issubclass(kind, Gate) and kind is not Gate and kind.__doc__:
                parts = _PARTS.split("Measured: " + inspect.cleandoc(kind.__doc__))
                said |= zip(parts[1::2], (" ".join(text.split()) for text in parts[2::2]), strict=True)
        return Explanation(
            said["Measured"],
            said["Pass"],
            said["Fail"],
            said["Inconclusive"],
            said["Advice"],
            said.get("Source", ""),
        )


def room_of(gate: str) -> str:
    """Return what a gate's name begins with."""
    return gate.partition("/")[0]


def with_rules(kind: type[Gate[Any]], policy: Gates) -> Gate[Any]:
    """Return a gate with its section of the policy. Raises PolicyError when the section says what it does not know."""
    given = policy.others.get(kind.name, {})
    if kind.section is None:
        if given:
            raise PolicyError(f"gates.{kind.name} has settings, and this gate takes none.", value=given)
        return kind()
    try:
        return kind(kind.section.model_validate(given))
    except ValidationError as problem:
        raise PolicyError(
            f"gates.{kind.name}: {describe_problems(problem)}.",
            next_step=f"correct it; it may say {', '.join(kind.section.model_fields)}",
        ) from problem


def strangers(policy: Policy, packages: Collection[str]) -> tuple[Gate[Any], ...]:
    """Return the gates that packages offer, each with its section of the policy.

    Raises PolicyError when a package cannot be imported, what it offers is no gate, or a section of the policy is no
    gate's or says what its gate does not know.
    """
    found = []
    for name, kind in plugins("gates", packages=packages).items():
        if not (isinstance(kind, type) and issubclass(kind, Gate) and kind.name == name and "/" in name):
            raise PolicyError(
                "A package offers something as a gate that is no gate.",
                value=f"{name} = {kind!r}",
                next_step=f"derive a class from trunkline.evaluation.Gate, with the name {name} (room/question)",
            )
        found.append(with_rules(kind, policy.gates))
    known = [gate.name for gate in found]
    for name, given in policy.gates.others.items():
        if name not in known:
            close = difflib.get_close_matches(name, (*type(policy.gates).model_fields, *known), n=2)
            raise PolicyError(
                f"gates.{name} belongs to no gate.",
                value=given,
                next_step=f"use {' or '.join(close)}"
                if close
                else "add its package under `plugins`, or take it out",
            )
    return tuple(gate for gate in found if gate.name not in OURS["gates"])


def asked(gate: Gate[Asked], case: Asked) -> tuple[Verdict, ...]:
    """Return what a stranger's gate answers; where it raises, or answers for another gate, it is inconclusive."""
    try:
        said = tuple(gate.verdicts(case))
        for verdict in said:
            if not isinstance(verdict, Verdict) or not gate.matches(verdict.gate):
                raise TypeError(f"it answered {verdict!r:.80}, which is no verdict of its own")
    except (Exception, SystemExit) as error:
        advice = "Tell whoever wrote the gate, waive it, or take its package out of `plugins`."
        return (gate.answer("inconclusive", f"The gate raised {raised(error)}.", advice=advice),)
    return said


def gates(room: str = "") -> tuple[type[Gate[Any]], ...]:
    """Return our gates, of one room or all, in the order of the reports."""
    return tuple(plugins("gates", begins=room and f"{room}/").values())
