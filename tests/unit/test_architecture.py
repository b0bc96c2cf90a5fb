"""The house is what its documents say: rooms, public names, verbs."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ROOMS = sorted(path.parent.name for path in (REPOSITORY / "src/trunkline").glob("*/__init__.py"))
STAGES = [
    "data",
    "training",
    "evaluation",
    "registry",
    "delivery",
    "rollout",
    "serving",
    "monitoring",
    "response",
]


def test_the_picture_of_the_rooms_names_every_room_and_no_other() -> None:
    text = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
    picture = text.split("## The rooms")[1].split("```")[1]
    names = set(re.findall(r"[a-z]+", re.sub(r'\[".*?"\]', "", picture)))
    assert names - {"mermaid", "flowchart", "subgraph", "stages", "shared", "direction", "end"} == set(ROOMS)
    assert " --- ".join(STAGES[:4]) in picture
    assert " --- ".join(STAGES[4:]) in picture


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_offers_in_order(room: str) -> None:
    module = importlib.import_module(f"trunkline.{room}")
    assert module.__doc__, f"trunkline.{room} has no docstring"
    names = list(getattr(module, "__all__", []))
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    for name in names:
        assert hasattr(module, name)


def test_every_file_that_flows_is_written_where_the_document_says() -> None:
    text = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
    written = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "src").rglob("*.py"))
    folders = re.findall(r"`\.trunkline/([a-z]+)[/.]", text)
    assert len(folders) >= 8
    for folder in folders:
        assert f'"{folder}"' in written, f".trunkline/{folder} is no folder of a project"


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "docs/decisions").glob("0*.md")), ids=lambda path: path.stem
)
def test_a_decision_says_what_why_and_at_what_cost(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for heading in ("**Chosen.**", "**Why.**", "**Cost.**"):
        assert heading in text


def test_the_list_of_decisions_names_each_by_its_title() -> None:
    folder = REPOSITORY / "docs/decisions"
    listed = dict(re.findall(r"\[(.+)\]\((.+)\)", (folder / "README.md").read_text(encoding="utf-8")))
    titles = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0].partition(". ")[2]
        for path in folder.glob("0*.md")
    }
    assert {name: title for title, name in listed.items()} == titles
