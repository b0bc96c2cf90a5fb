"""The local target: one detached process that serves from a folder and swaps releases without a pause."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import trunkline
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, BundleError, StorageError, UnavailableError
from trunkline.core.release import RELEASE_FILE, Release

from ..plan import Step, routes_of
from .protocol import Health
from .service import Place, Ready, Service, choose_port, last_words, launch, service_options, size, wait_for

SERVICE_FILE = "service.json"


class LocalTarget:
    """A service on this machine, in a folder of its own.

    The folder holds `release.json` (what it was told), `bundles/`, `service.json` (the process) and `service.log`.
    `command` replaces `<python> -m trunkline.serving` (in tests); the options follow it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        log_folder: Path,
        host: str = "127.0.0.1",
        sync_log: bool = False,
        maximum_rows: int = 1000,
        python: str = sys.executable,
        command: Sequence[str] = (),
        patience: float = 60.0,
    ) -> None:
        self.folder = folder.resolve()
        self.host = host
        self.port = port
        self.options = service_options(log_folder, maximum_rows=maximum_rows, sync_log=sync_log)
        self.command = tuple(command) or (python, "-m", "trunkline.serving")
        self.patience = patience
        """Seconds that a release may take to be loaded and answered from."""

    @property
    def log_file(self) -> Path:
        """Return the service's own log."""
        return self.folder / "service.log"

    def address(self) -> str:
        """Return where the service answers, or would.

        Raises UnavailableError when it was never started and shall take any free port.
        """
        service = self._recorded()
        if service is None and self.port == 0:
            raise UnavailableError("The service does not run, and its port is not known before.")
        return (service or Place(host=self.host, port=self.port)).address

    def service(self) -> Service | None:
        """Return the process that was started last, whether or not it lives; None when it was stopped on purpose."""
        return self._recorded()

    def told(self) -> Release | None:
        """Return what the service was told to serve, whether or not it lives; None when it was stopped on purpose."""
        return self._release() if self._recorded() else None

    def observe(self) -> Release | None:
        """Return what the live process serves; a process that died serves nothing."""
        service = self._running()
        if service is None:
            return None
        told, answer = self._release(), service.ask()
        if answer is None or not answer.ready or (told and answer.serves(told)):
            return told
        return answer.release() or told

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that a live service needs: it does not answer, or host, port or toolkit changed."""
        service = self._running()
        reason = self._why_restart(service) if service else ""
        return (Step(kind="restart", text=f"the service: {reason}"),) if reason else ()

    def check(self) -> Health:
        """Return how the service is."""
        service = self._recorded()
        if service is None:
            return Health(ready=False, text="not running")
        if service.process() is None:
            return Health(ready=False, text=f"process {service.pid} died; {self.log_file} may say why")
        answer = service.ask()
        if answer is None:
            return Health(
                ready=False, text=f"process {service.pid} runs and does not answer on {service.address}"
            )
        text = "ready" if answer.ready else "not ready"
        if answer.failed:
            text += f"; revision {answer.failed.revision[:12]} could not be loaded: {answer.failed.error}"
        return Health(ready=answer.ready, text=text, revision=answer.revision or "")

    def stop(self) -> bool:
        """End the process (SIGTERM, then SIGKILL) and return whether there was one."""
        service = self._running()
        if service is not None:
            service.end(patience=10.0)
        (self.folder / SERVICE_FILE).unlink(missing_ok=True)
        return service is not None

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Make `release` serve: by a signal to the live process, else by starting one."""
        live = BundleStore(self.folder / "bundles")
        for route in routes_of(release):
            _bring(route.bundle, bundles, live)
        previous = self._release()
        service = self._running()
        restart = service is not None and bool(self._why_restart(service))
        port = 0
        if service is None or (service.host, self.port or service.port) != (self.host, service.port):
            recorded = self._recorded()
            port = choose_port(self.host, self.port, before=recorded.port if recorded else 0)
        release.write(self.folder / RELEASE_FILE)
        if service is None:
            trouble = self._start(release, self.host, port)
        elif restart:
            service.end(patience=10.0)
            trouble = self._start(release, self.host, port or service.port)
        else:
            trouble = self._reload(service, release)
        if trouble:
            raise self._go_back(release, previous, service, trouble)
        self._prune(live, (release, previous))

    def _start(self, release: Release, host: str, port: int) -> str:
        """Start the process and return why it does not serve `release`, or nothing when it does."""
        logged = size(self.log_file)
        command = (*self.command, str(self.folder), "--host", host, "--port", str(port), *self.options)
        place = Place(host=host, port=port, options=self.options, toolkit=trunkline.__version__)
        service = launch(command, place, folder=self.folder, log=self.log_file)
        service.write(self.folder / SERVICE_FILE)
        trouble = self._await(service, release, logged)
        if trouble:
            service.end(patience=5.0)
            (self.folder / SERVICE_FILE).unlink(missing_ok=True)
        return trouble

    def _reload(self, service: Service, release: Release) -> str:
        logged = size(self.log_file)
        before = service.ask()
        service.reload()
        return self._await(service, release, logged, before=before)

    def _await(self, service: Service, release: Release, logged: int, before: Ready | None = None) -> str:
        def look() -> str | None:
            answer = service.ask()
            if answer is None:
                ended = service.process() is None
                return f"the process ended: {last_words(self.log_file, logged)}" if ended else None
            # Where the answer is the same before and after (another salt), only the time tells that it was loaded.
            stale = before is not None and before.serves(release) and before.loaded_at == answer.loaded_at
            if answer.serves(release) and not stale:
                return ""
            new = answer.failed is not None and (before is None or answer.failed != before.failed)
            if answer.failed and new and answer.failed.revision == release.revision:
                return answer.failed.error
            return None

        found = wait_for(look, patience=self.patience)
        slow = f"it did not answer with the release within {self.patience:g} s: {last_words(self.log_file, logged)}"
        return slow if found is None else found

    def _go_back(
        self, release: Release, previous: Release | None, service: Service | None, trouble: str
    ) -> ApplyError:
        """Restore what served before and return the error that tells how that went."""
        now = "nothing served before, and nothing does now"
        if previous is None:
            (self.folder / RELEASE_FILE).unlink(missing_ok=True)
        else:
            previous.write(self.folder / RELEASE_FILE)
        if service is not None and previous is not None:
            service.reload()
            wait_for(lambda: self._is_back(service, previous) or None, patience=min(self.patience, 10.0))
            answer = service.ask()
            back = answer is not None and answer.serves(previous)
            if not back:
                service.end(patience=5.0)
                failure = self._start(previous, service.host, service.port)
                back = not failure
            name = f"version {previous.champion.version}"
            now = f"{name} serves as before" if back else f"{name} could not be brought back either"
        return ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}: {trouble.rstrip('.')}; {now}.",
            next_step=f"read {self.log_file}, then mend the release or revert its merge",
        )

    def _is_back(self, service: Service, previous: Release) -> bool:
        """Whether to wait no longer: the service has dealt with the signal, or it is gone."""
        answer = service.ask()
        return service.process() is None or bool(answer and answer.serves(previous) and not answer.failed)

    def _why_restart(self, service: Service) -> str:
        if service.host != self.host or self.port not in (0, service.port):
            return f"{service.host}:{service.port} becomes {self.host}:{self.port}"
        if service.toolkit != trunkline.__version__:
            return f"Trunkline {service.toolkit} becomes {trunkline.__version__}"
        if service.options != self.options:
            return f"{' '.join(service.options)} becomes {' '.join(self.options)}"
        return "" if service.ask() else f"process {service.pid} does not answer"

    def _recorded(self) -> Service | None:
        path = self.folder / SERVICE_FILE
        return Service.read(path) if path.is_file() else None

    def _running(self) -> Service | None:
        service = self._recorded()
        return service if service and service.process() else None

    def _release(self) -> Release | None:
        try:
            return Release.read(self.folder / RELEASE_FILE)
        except StorageError:  # missing, or written by another version of Trunkline: a deploy writes it anew
            return None

    def _prune(self, live: BundleStore, kept: tuple[Release | None, ...]) -> None:
        """Remove the bundles that neither the release nor the one to go back to needs."""
        needed = {live.path(route.bundle) for release in kept if release for route in routes_of(release)}
        for folder in live.root.iterdir():
            if folder not in needed:
                shutil.rmtree(folder, ignore_errors=True)


def _bring(digest: str, bundles: BundleStore, live: BundleStore) -> None:
    """Copy a bundle into the live folder, verified; a damaged copy there is replaced.

    Raises BundleError when there is no sound copy in either place.
    """
    try:
        live.get(digest)
        return
    except BundleError:
        sound = bundles.get(digest)
    shutil.rmtree(live.path(digest), ignore_errors=True)
    live.add(sound.folder)
