"""No checker has anything against the workflows of this repository, of the template, and of what it renders."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from workflows.finding import Finding
from workflows.inspection import CHECKERS
from workflows.repository import Repository

Findings = Callable[[Sequence[Repository], str], list[Finding]]


def told(found: list[Finding]) -> str:
    return "\n".join(map(str, found))


@pytest.mark.parametrize("checker", CHECKERS)
def test_nothing_is_found_in_this_repository(ours: Repository, findings: Findings, checker: str) -> None:
    found = findings([ours], checker)

    assert not found, told(found)


@pytest.mark.parametrize("checker", CHECKERS)
def test_nothing_is_found_in_the_template(template: Repository, findings: Findings, checker: str) -> None:
    found = findings([template], checker)

    assert not found, told(found)


def test_each_variant_has_the_templates_workflows_byte_for_byte(
    template: Repository, variants: dict[str, Repository]
) -> None:
    wanted = {
        workflow.file: (template.folder / workflow.file).read_bytes() for workflow in template.workflows
    }

    assert len(variants) > 1
    for name, variant in variants.items():
        rendered = {
            workflow.file: (variant.folder / workflow.file).read_bytes() for workflow in variant.workflows
        }
        assert rendered == wanted, name


@pytest.mark.parametrize("checker", ["zizmor", "own"])  # what looks beyond the workflow files themselves
def test_nothing_is_found_in_any_variant(
    variants: dict[str, Repository], findings: Findings, checker: str
) -> None:
    found = findings(list(variants.values()), checker)

    assert not found, told(found)
