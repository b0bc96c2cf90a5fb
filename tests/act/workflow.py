"""What the text of a workflow asks for, read to hold a run to it: act itself enforces none of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

AREAS = ("contents", "issues", "pull-requests", "actions", "statuses")
LEVELS = ("none", "read", "write")


def read(path: Path) -> dict[str, Any]:
    """Return a workflow file as it is."""
    loaded: dict[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return loaded


def permissions(path: Path) -> dict[str, str]:
    """Return the most that any job of a workflow may do, as a token's permissions."""
    most: dict[str, str] = {"metadata": "read"}
    for job in read(path)["jobs"].values():
        for area, level in (job.get("permissions") or {}).items():
            name = area.replace("-", "_")
            if area in AREAS and LEVELS.index(level) > LEVELS.index(most.get(name, "none")):
                most[name] = level
    return most


def pins(folder: Path) -> set[str]:
    """Return every action that the workflows of a folder use, as `owner/repository@commit`."""
    found = set()
    for path in sorted(folder.glob("*.yml")):
        for job in read(path)["jobs"].values():
            found |= {step["uses"] for step in job.get("steps", ()) if "@" in step.get("uses", "")}
    return found


def known_to_act(path: Path) -> None:
    """Take out of a workflow file what GitHub's schema has and act's has not; what is checked out stays as it is."""
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^ +deployment: false\n", "", text, flags=re.MULTILINE), encoding="utf-8")
