"""A target that serves nobody: it writes down what it was assigned."""

from pathlib import Path
from typing import Literal

from trunkline.core.bundle import BundleStore
from trunkline.core.release import Release
from trunkline.delivery import Environment, Health, Step, TargetSettings


class Settings(TargetSettings):
    kind: Literal["folder"] = "folder"
    name: str = "assigned"


class Folder:
    settings, takes_image = Settings, True
    on_this_machine = staticmethod(lambda settings: False)

    def __init__(self, environment: Environment, settings: Settings) -> None:
        self.environment, self.file = environment, environment.folder / settings.name / "release.json"

    open = classmethod(lambda kind, environment, settings: kind(environment, settings))

    def observe(self) -> Release | None:
        return Release.read(self.file) if self.file.is_file() else None

    assigned = observe

    def upkeep(self) -> tuple[Step, ...]:
        return ()

    def apply(self, release: Release, bundles: BundleStore) -> None:
        for route in filter(None, (release.champion, release.challenger)):
            bundles.get(route.bundle)
        release.write(self.file)

    def check(self) -> Health:
        serving = self.observe()
        return Health(
            ready=serving is not None, text="written down", revision=serving.revision if serving else ""
        )

    def address(self) -> str:
        return self.file.parent.absolute().as_uri()

    def logs(self) -> Path:
        return self.file.with_name("service.log")

    def predictions(self) -> Path:
        return self.environment.predictions

    def stop(self) -> bool:
        stopped = self.file.is_file()
        self.file.unlink(missing_ok=True)
        return stopped
