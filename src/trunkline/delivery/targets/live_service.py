"""The service of a live folder: found again, started, told to reload, waited for, and brought back."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from trunkline.core.errors import ApplyError, StorageError
from trunkline.core.ready import Ready
from trunkline.core.release import RELEASE_FILE, Release

from .last_words import Trouble, last_words
from .service import Place, Service, size, wait_for
from .start import START_FILE, launch, write_start

SERVICE_FILE = "service.json"


class LiveService:
    """The process that serves a folder, which holds `release.json`, `start`, `service.json` and `service.log`.

    `command` gives the words that start it at a place, before the folder and the place's options.
    """

    def __init__(self, folder: Path, *, command: Callable[[Place], Sequence[str]], patience: float) -> None:
        self.folder = folder
        self.log = folder / "service.log"
        self._command = command
        self.patience = patience
        """Seconds that a release may take to be loaded and answered from."""

    def recorded(self) -> Service | None:
        """Return the process that was started last; None when it was stopped on purpose."""
        path = self.folder / SERVICE_FILE
        return Service.read(path) if path.is_file() else None

    def running(self) -> Service | None:
        """Return the process that serves the folder now, whoever started it; the dead one if none does."""
        service = self.recorded()
        if service is None or service.process():
            return service
        return service.elsewhere(self.folder)

    def release(self) -> Release | None:
        """Return what the service was told to serve last."""
        try:
            return Release.read(self.folder / RELEASE_FILE)
        except StorageError:  # missing, or written by another version of Trunkline: a deploy writes it anew
            return None

    def start(self, release: Release, place: Place, *, before: Service | None = None) -> Trouble:
        """Start the process, after the one `before`, and return why it does not serve `release`, where it does not."""
        supervised = before is not None and before.supervised
        write_start(self.folder, self._command(place), place)
        if before is not None:
            before.end(patience=10.0)
        logged = size(self.log)
        if before is not None and supervised:  # systemd starts it again, as `start` says by now
            service = Service(**dict(place), pid=before.pid, create_time=before.create_time)
        else:
            service = launch(place, folder=self.folder, log=self.log)
        service.write(self.folder / SERVICE_FILE)
        trouble = self._await(release, logged, supervised=supervised)
        found = self.running()
        if trouble:
            (self.folder / START_FILE).unlink(missing_ok=True)
            if found:
                found.end(patience=5.0)
            (self.folder / SERVICE_FILE).unlink(missing_ok=True)
        elif found:
            found.write(self.folder / SERVICE_FILE)
        return trouble

    def become(self, place: Place) -> NoReturn:
        """Be the service of the folder at a place, instead of this process."""
        write_start(self.folder, self._command(place), place)
        os.execv("/bin/sh", ["/bin/sh", str(self.folder / START_FILE)])  # noqa: S606

    def reload(self, service: Service, release: Release) -> Trouble:
        """Have the live process load `release`, and return why it does not serve it, where it does not."""
        logged = size(self.log)
        before = service.ask(self.folder)
        service.reload()
        return self._await(release, logged, before=before)

    def _await(
        self, release: Release, logged: int, *, supervised: bool = False, before: Ready | None = None
    ) -> Trouble:
        def look() -> Trouble | None:
            service = self.running()
            answer = service.ask(self.folder) if service else None
            if answer is None:
                gone = service is None and not supervised
                return last_words(self.log, logged).after("the process ended") if gone else None
            # Where the answer is the same before and after (another salt), only the time tells that it was loaded.
            stale = before is not None and before.serves(release) and before.loaded_at == answer.loaded_at
            if answer.serves(release) and not stale:
                return Trouble()
            new = answer.failed is not None and (before is None or answer.failed != before.failed)
            if answer.failed and new and answer.failed.revision == release.revision:
                return Trouble(answer.failed.error)
            return None

        found = wait_for(look, patience=self.patience)
        if found is not None:
            return found
        slow = f"it did not answer with the release within {self.patience:g} s"
        return last_words(self.log, logged).after(slow)

    def go_back(
        self, release: Release, previous: Release | None, service: Service | None, trouble: Trouble
    ) -> ApplyError:
        """Restore what served before and return the error that tells how that went."""
        now = "nothing served before, and nothing does now"
        if previous is None:
            (self.folder / RELEASE_FILE).unlink(missing_ok=True)
        else:
            previous.write(self.folder / RELEASE_FILE)
        if service is not None and previous is not None:
            back = self._reloads(service, previous)
            if not back:
                service.end(patience=5.0)
                place = Place.model_validate({name: getattr(service, name) for name in Place.model_fields})
                back = not self.start(previous, place)
            name = f"version {previous.champion.version}"
            now = f"{name} serves as before" if back else f"{name} could not be brought back either"
        why = trouble.text.rstrip(".")
        return ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}: {why}; {now}.",
            next_step=trouble.next_step or f"read {self.log}, then mend the release or revert its merge",
        )

    def _reloads(self, service: Service, previous: Release) -> bool:
        """Whether the process that served before lives, and serves that again."""
        if service.process() is None:
            return False
        service.reload()
        wait_for(lambda: self._is_back(service, previous) or None, patience=min(self.patience, 10.0))
        answer = service.ask(self.folder)
        return answer is not None and answer.serves(previous)

    def _is_back(self, service: Service, previous: Release) -> bool:
        """Whether to wait no longer: the service has dealt with the signal, or it is gone."""
        answer = service.ask(self.folder)
        return service.process() is None or bool(answer and answer.serves(previous) and not answer.failed)
