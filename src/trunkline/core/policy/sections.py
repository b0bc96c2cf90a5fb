"""Sections of plugins: each of ours brings its own, and those of other packages stand beside them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import ConfigDict, create_model

from ..plugins import OURS
from .section import Section

Held = TypeVar("Held", bound=Section)
Owner = TypeVar("Owner", bound="PluginSections")


class PluginSections(Section):
    """A section that holds one more for each plugin of a group.

    Those of other packages are kept as they stand in the file: jobs that only report have no such package installed.
    They are checked where the plugin is opened.
    """

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": {"type": "object"}})

    def of(self, section: type[Held]) -> Held:
        """Return the section of one of our plugins."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return next(value for value in values if isinstance(value, section))

    @property
    def others(self) -> Mapping[str, Any]:
        """Return the sections of other packages' plugins by name, not checked."""
        return self.model_extra or {}


def with_sections(group: str) -> Callable[[type[Owner]], type[Owner]]:
    """Give a class the section of each plugin of ours: the one that `core/policy/<group>/<name>.py` defines."""

    def composed(owner: type[Owner]) -> type[Owner]:
        fields: dict[str, Any] = {}
        for name in OURS[group]:
            module = importlib.import_module(f"{__package__}.{group}.{name.replace('-', '_')}")
            (section,) = (
                value
                for value in vars(module).values()
                if isinstance(value, type) and value.__module__ == module.__name__
            )
            fields[name] = (section, section())
        made = create_model(
            owner.__name__, __base__=owner, __module__=owner.__module__, __doc__=owner.__doc__, **fields
        )
        # What is made here has no source to read the keys' meaning from.
        setattr(made, "meanings", owner.meanings)  # noqa: B010
        return made

    return composed
