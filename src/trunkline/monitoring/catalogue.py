"""The monitors in words, made from their classes: for `trunkline explain` and docs/monitors.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from inspect import getdoc

from trunkline.core.plugins import OURS, offered
from trunkline.core.policy.monitoring import Monitoring

from .watch import GROUP, open_monitor

ROOM = "monitoring"
HEAD = """\
# The monitors

Every question that is asked about a model that serves. `trunkline explain monitoring --markdown` writes this page;
`trunkline explain monitoring/<monitor>` prints one of them.

- **alarm**, **quiet** or **inconclusive**: too few data is never quiet.
- `responses.rules` say what is done about an alarm, by its kind and severity.
- A package that `plugins` lists adds monitors of its own ([CONTRIBUTING.md](../CONTRIBUTING.md)).
"""


def monitor_names(packages: Collection[str] = ()) -> tuple[str, ...]:
    """Return the names of all monitors."""
    return offered(GROUP, packages=packages)


def monitor_question(name: str, packages: Collection[str] = ()) -> str:
    """Return what a monitor asks. Raises PolicyError when there is none of that name."""
    return open_monitor(name, Monitoring(), packages=packages).question


def monitor_facts(
    name: str, policy: Monitoring | None = None, packages: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Return what there is to say of a monitor, each with its heading; `policy` is the project's, else the defaults.

    Raises PolicyError when there is none of that name.
    """
    monitor = open_monitor(name, policy or Monitoring(), packages=packages)
    yield "how", " ".join((getdoc(type(monitor)) or "").split())
    yield "kind", monitor.kind
    yield "what to do", " ".join(monitor.advice)
    meanings = monitor.section.meanings()
    for key, field in monitor.section.model_fields.items():
        value, default = getattr(monitor.settings, key), field.get_default(call_default_factory=True)
        words = f"monitoring.{name}.{key}: {value}" + ("" if value == default else f" (by default {default})")
        yield "policy", f"{words}. {meanings.get(key, '')}".rstrip()


def monitors_markdown() -> str:
    """Return docs/monitors.md."""
    parts = [HEAD]
    for name in OURS[GROUP]:
        parts.append(f"## `{name}`\n\n*{monitor_question(name)}*\n")
        parts.append("".join(f"- **{what}**: {said}\n" for what, said in monitor_facts(name)))
    return "\n".join(parts)
