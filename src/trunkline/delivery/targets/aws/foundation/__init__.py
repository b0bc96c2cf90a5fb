"""The foundation of an environment on AWS: templates of CloudFormation, put together for a kind of target."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PARTS: Mapping[str, tuple[str, ...]] = {
    "ec2": ("shared", "balanced", "ec2"),
    "ecs": ("shared", "balanced", "ecs"),
    "lambda": ("shared", "lambda"),
    "sagemaker": ("shared", "sagemaker"),
}
"""Kind of target: the files whose sections make its template."""


def template(kind: str) -> dict[str, Any]:
    """Return the template of a kind's foundation."""
    whole: dict[str, Any] = {}
    for part in PARTS[kind]:
        text = Path(__file__).with_name(f"{part}.yaml").read_text(encoding="utf-8")
        for section, content in YAML(typ="safe").load(text).items():
            whole[section] = whole.get(section, {}) | content if isinstance(content, dict) else content
    return whole
