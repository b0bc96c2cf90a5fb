"""Cards: the model card of a version, written and read."""

from __future__ import annotations

from pathlib import Path

from trunkline import data, evaluation
from trunkline.core.errors import NotFoundError
from trunkline.core.lineage import Version
from trunkline.core.project import Project
from trunkline.core.reading import read_text
from trunkline.core.record import write_atomically
from trunkline.loop.gates.judging import Judged
from trunkline.loop.versions.named import card_folder
from trunkline.loop.versions.trained import Trained, name_version


def write_card(project: Project, judged: Judged, version: Version, trained: Trained) -> Path:
    """Write a version's card, its pictures and its digest under `model_cards/` and return the card's path."""
    folder = card_folder(project, version.number)
    snapshot = data.open_snapshot(project, judged.evaluation.snapshot)
    pictures = {f"{name}.svg": picture for name, picture in judged.pictures.items()}
    for name, picture in pictures.items():
        write_atomically(folder / name, picture)
    text = evaluation.card(
        judged.evaluation,
        judged.bundle.manifest,
        judged.bundle.contract,
        project.policy,
        version.number,
        snapshot.manifest,
        pictures=sorted(pictures),
        usage=trained.usage,
    )
    path = folder / "README.md"
    write_atomically(path, text.encode())
    name_version(project, version, trained, judged.bundle.manifest, judged.evaluation.verdicts)
    return path


def card_text(project: Project, number: int) -> str:
    """Return the card of a version.

    Raises NotFoundError when the version has no card in the checked-out commit.
    """
    path = card_folder(project, number) / "README.md"
    if not path.is_file():
        known = ", ".join(str(int(folder.name[1:])) for folder in sorted(project.cards.glob("v[0-9]*")))
        raise NotFoundError(
            f"Version {number} has no card in this commit.",
            next_step=f"cards here: {known or 'none'}; git pull",
        )
    return read_text(path)
