"""Unasked: the gates with a process of their own that nobody asked about a bundle yet, asked here."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.loop.gates.deepchecking import deepcheck
from trunkline.loop.gates.loading import load
from trunkline.loop.gates.runs import DEEPCHECKS, LOAD

from .tested import unasked


def ask_unasked(project: Project, bundle: str, *, root: Path, progress: Progress) -> None:
    """Let deepchecks and load look at the trained bundle, as far as they have not; `judge` reads what they say.

    `root` is the folder whose environment of deepchecks is used. Raises what these two raise.
    """
    asked = unasked(project, bundle)
    if DEEPCHECKS in asked:
        deepcheck(project, named=bundle, root=root, progress=progress)
    if LOAD in asked:
        load(project, named=bundle, progress=progress)
