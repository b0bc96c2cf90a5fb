"""`trunkline.yaml` read, with errors that name the key."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from trunkline.core.errors import PolicyError

from .policy import Policy


def read_policy(path: Path) -> Policy:
    """Return the policy that the file holds.

    Raises PolicyError that names the file and the key when it cannot be read, has an unknown key, or a wrong value.
    """
    value = read_yaml(path)
    try:
        return Policy.model_validate(value)
    except ValidationError as problem:
        raise PolicyError(
            f"{path.name}: " + "; ".join(_explain(row) for row in problem.errors(include_url=False)) + ".",
            next_step=f"edit {path}; `trunkline schema` prints what it may say",
        ) from problem


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds.

    Raises PolicyError when it cannot be read, is not YAML, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"Cannot read {path}: {error}.",
            next_step="run the command in the project's folder, or pass --project",
        ) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, origin: str) -> dict[str, Any]:
    """Return the mapping that YAML text holds; `origin` names it in the error.

    Raises PolicyError when it is not YAML, or not a mapping.
    """
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise PolicyError(
            f"{origin} is not YAML: {' '.join(str(error).split())}.", next_step=f"edit {origin}"
        ) from error
    if not isinstance(value, dict):
        raise PolicyError(f"{origin} must hold keys and values.", value=value, next_step=f"edit {origin}")
    return value


def _explain(problem: Any) -> str:
    keys = [str(part) for part in problem["loc"]]
    name = ".".join(keys)
    if problem["type"] != "extra_forbidden":
        return f"{name}: {problem['msg']} (found {problem['input']!r})"
    section: Any = Policy
    for key in keys[:-1]:
        field = getattr(section, "model_fields", {}).get(key)
        section = field.annotation if field else next(iter(get_args(section)), None)  # an item of a list
    known = list(getattr(section, "model_fields", {}))
    guess = difflib.get_close_matches(keys[-1], known, n=1)
    return f"unknown key {name}" + (
        f" (did you mean {guess[0]}?)" if guess else f" (known: {', '.join(known)})"
    )
