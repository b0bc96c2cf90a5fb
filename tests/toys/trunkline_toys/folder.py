"""A target that serves nobody: it writes down what it was told."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from trunkline.core.bundle import BundleStore
from trunkline.core.release import RELEASE_FILE, Release
from trunkline.delivery import Environment, Health, Step, TargetSettings


class FolderSettings(TargetSettings):
    """Where it writes, below the environment's folder."""

    kind: Literal["folder"] = "folder"
    name: str = "told"


class Folder:
    """The kind, and the target of one environment."""

    settings: ClassVar[type[FolderSettings]] = FolderSettings
    on_this_machine: ClassVar[bool] = False
    takes_image: ClassVar[bool] = True

    def __init__(self, folder: Path, predictions: Path) -> None:
        self.file = folder / RELEASE_FILE
        self.log_folder = predictions

    @staticmethod
    def open(environment: Environment, settings: FolderSettings) -> Folder:
        return Folder(environment.folder / settings.name, environment.predictions)

    def observe(self) -> Release | None:
        return Release.read(self.file) if self.file.is_file() else None

    def told(self) -> Release | None:
        return self.observe()

    def upkeep(self) -> tuple[Step, ...]:
        return ()

    def apply(self, release: Release, bundles: BundleStore) -> None:
        for route in (release.champion, release.challenger):
            if route is not None:
                bundles.get(route.bundle)
        release.write(self.file)

    def check(self) -> Health:
        told = self.observe()
        return Health(ready=told is not None, text="written down", revision=told.revision if told else "")

    def address(self) -> str:
        return self.file.parent.absolute().as_uri()

    def logs(self) -> Path:
        return self.file.with_name("service.log")

    def predictions(self) -> Path:
        return self.log_folder

    def stop(self) -> bool:
        stopped = self.file.is_file()
        self.file.unlink(missing_ok=True)
        return stopped
