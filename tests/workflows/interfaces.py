"""What the actions that workflows use take and give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent / "actions"


def interface(action: str) -> dict[str, Any] | None:
    """Return the inputs and outputs of an action, or nothing where they are not kept here."""
    file = FOLDER / action / "interface.yml"
    if not file.is_file():
        return None
    read = YAML(typ="safe").load(file)
    return {part: read.get(part) or {} for part in ("inputs", "outputs")}
