"""Every way in which people call a cookiecutter template leads to the same project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Render = Callable[..., Any]


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a project outside .git, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def test_rendering_twice_gives_the_same_files(render: Render, rendered: Path) -> None:
    assert files(render().project) == files(rendered)


def test_return_pressed_at_every_question_gives_the_defaults(render: Render, rendered: Path) -> None:
    rendering = render(typed="\n" * 20)
    assert files(rendering.project) == files(rendered)
    assert "What will the model predict, in one sentence?" in rendering.printed


@pytest.mark.parametrize("options", [(), ("--directory", "template")], ids=["menu", "directory"])
def test_an_address_gives_the_same_project(
    render: Render, rendered: Path, source: Path, options: tuple[str, ...]
) -> None:
    assert files(render(source.as_uri(), *options).project) == files(rendered)


def test_the_template_as_a_directory_gives_the_same_project(
    render: Render, rendered: Path, source: Path
) -> None:
    assert files(render(source, "--directory", "template").project) == files(rendered)


def test_the_template_by_its_own_path_gives_the_same_project(
    render: Render, rendered: Path, source: Path
) -> None:
    assert files(render(source / "template").project) == files(rendered)


@pytest.mark.parametrize("path", [".", "template", "../{name}"])
@pytest.mark.parametrize("options", [(), ("--directory", "template")], ids=["menu", "directory"])
def test_a_relative_path_gives_the_same_project(
    render: Render, rendered: Path, source: Path, path: str, options: tuple[str, ...]
) -> None:
    if path == "template" and options:
        path = "./template/.."
    rendering = render(path.format(name=source.name), *options, standing=source)
    assert files(rendering.project) == files(rendered)


def test_a_template_without_its_toolkit_is_refused_and_nothing_is_left(
    render: Render, source: Path, tmp_path: Path
) -> None:
    lone = tmp_path / "lone"
    lone.symlink_to(source / "template")
    alone = tmp_path / "alone"
    alone.mkdir()
    for entry in (source / "template").iterdir():
        (alone / entry.name).symlink_to(entry)
    rendering = render(alone)
    assert rendering.code != 0
    assert "toolkit was not found" in rendering.printed
    assert list(rendering.output.iterdir()) == []
    assert render(lone).code == 0
