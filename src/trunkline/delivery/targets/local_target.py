"""The local target: one detached process that serves from a folder and swaps releases without a pause."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import trunkline
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, StorageError, UnavailableError
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import RELEASE_FILE, Release

from ..installation import Contents, Installations, interpreter_of
from ..plan import Step, routes_of
from .live import bring, in_python, keep_only
from .port import Advice, choose_port
from .protocol import Health, Process
from .service import Place, Ready, Service, last_words, service_options, size, wait_for
from .start import START_FILE, launch, write_start

SERVICE_FILE = "service.json"
SERVING = Serving()
ADVICE = Advice(port="stop that program", host="name a host of this machine")


class LocalTarget:
    """A service on this machine, in a folder of its own.

    The folder holds `release.json` (what it was told), `bundles/`, `start` (how it is started), `service.json` (the
    process) and `service.log`. The service runs from one of `installations`, or without them from the environment of
    whoever starts it. `ship` sends the prediction log to the policy's store. `command`
    replaces `<python> -m trunkline.serving` (in tests); the options follow it. `advice` says where host and port are
    set.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        log_folder: Path,
        host: str = "127.0.0.1",
        serving: Serving = SERVING,
        ship: bool = False,
        installations: Installations | None = None,
        advice: Advice = ADVICE,
        command: Sequence[str] = (),
        patience: float = 60.0,
    ) -> None:
        self.folder = folder.resolve()
        self.host = host
        self.log_folder = log_folder
        self.port = port
        self.options = service_options(log_folder, serving, ship=ship)
        self.installations = installations
        self.advice = advice
        self.command = tuple(command)
        self.patience = patience
        """Seconds that a release may take to be loaded and answered from."""

    def logs(self) -> Path:
        """Return the file of the service's own log."""
        return self.folder / "service.log"

    def predictions(self) -> Path:
        """Return the folder of the prediction log."""
        return self.log_folder

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
        return self._running() or self._recorded()

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
        told = self._release() if service else None
        wanted = self._wanted(told) if told else None
        reason = self._why_restart(service, wanted) if service else ""
        return (Step(kind="restart", text=f"the service: {reason}"),) if reason else ()

    def check(self) -> Health:
        """Return how the service is."""
        service = self.service()
        if service is None:
            return Health(ready=False, text="not running")
        process = Process(pid=service.pid, create_time=service.create_time, supervised=service.supervised)
        if service.process() is None:
            text = f"process {service.pid} died; {self.logs()} may say why"
            return Health(ready=False, text=text, process=process)
        answer = service.ask()
        if answer is None:
            text = f"process {service.pid} runs and does not answer on {service.address}"
            return Health(ready=False, text=text, process=process)
        text = "ready" if answer.ready else "not ready"
        if answer.failed:
            text += f"; revision {answer.failed.revision[:12]} could not be loaded: {answer.failed.error}"
        if answer.log.trouble:
            text += f"; {answer.log.trouble}"
        return Health(ready=answer.ready, text=text, revision=answer.revision or "", process=process)

    def stop(self) -> bool:
        """End the process (SIGTERM, then SIGKILL) and return whether there was one."""
        service = self._running()
        # Without it, what keeps the service (systemd) does not bring it back.
        (self.folder / START_FILE).unlink(missing_ok=True)
        if service is not None:
            service.end(patience=10.0)
        (self.folder / SERVICE_FILE).unlink(missing_ok=True)
        return service is not None

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Make `release` serve: by a signal to the live process, else by starting one."""
        live = BundleStore(self.folder / "bundles")
        for route in routes_of(release):
            bring(route.bundle, bundles, live)
        previous = self._release()
        service = self._running()
        wanted = self._wanted(release)
        restart = service is not None and bool(self._why_restart(service, wanted))
        port = service.port if service else 0
        if service is None or (service.host, self.port or service.port) != (self.host, service.port):
            recorded = self._recorded()
            port = choose_port(
                self.host, self.port, before=recorded.port if recorded else 0, advice=self.advice
            )
        if self.installations and wanted:
            self.installations.bring(wanted)
        release.write(self.folder / RELEASE_FILE)
        if service is None or restart:
            trouble = self._start(release, self._place(port, wanted), before=service)
        else:
            trouble = self._reload(service, release)
        if trouble:
            raise self._go_back(release, previous, service, trouble)
        self._prune(live, (release, previous), service)

    def _wanted(self, release: Release) -> Contents | None:
        """Return what a release would run with now; None where that is the environment of whoever starts it."""
        if self.installations is None:
            return None
        live = BundleStore(self.folder / "bundles")
        return self.installations.wanted(training=any(in_python(route, live) for route in routes_of(release)))

    def _place(self, port: int, wanted: Contents | None) -> Place:
        digest = wanted.digest if wanted else ""
        return Place(
            host=self.host,
            port=port,
            options=self.options,
            toolkit=trunkline.__version__,
            installation=digest,
        )

    def _start(self, release: Release, place: Place, *, before: Service | None = None) -> str:
        """Start the process, after the one `before`, and return why it does not serve `release`; empty when it does."""
        supervised = before is not None and before.supervised
        write_start(self.folder, self._command(place), place)
        if before is not None:
            before.end(patience=10.0)
        logged = size(self.logs())
        if before is not None and supervised:  # systemd starts it again, as `start` says by now
            service = Service(**dict(place), pid=before.pid, create_time=before.create_time)
        else:
            service = launch(place, folder=self.folder, log=self.logs())
        service.write(self.folder / SERVICE_FILE)
        trouble = self._await(release, logged, supervised=supervised)
        found = self._running()
        if trouble:
            (self.folder / START_FILE).unlink(missing_ok=True)
            if found:
                found.end(patience=5.0)
            (self.folder / SERVICE_FILE).unlink(missing_ok=True)
        elif found:
            found.write(self.folder / SERVICE_FILE)
        return trouble

    def _command(self, place: Place) -> Sequence[str]:
        if self.command:
            return self.command
        if self.installations is None or not place.installation:
            return (sys.executable, "-m", "trunkline.serving")
        # Isolated: neither variables nor the folder in which it is started add to what it imports.
        python = interpreter_of(self.installations.path(place.installation))
        return (str(python), "-I", "-m", "trunkline.serving")

    def _reload(self, service: Service, release: Release) -> str:
        logged = size(self.logs())
        before = service.ask()
        service.reload()
        return self._await(release, logged, before=before)

    def _await(
        self, release: Release, logged: int, *, supervised: bool = False, before: Ready | None = None
    ) -> str:
        def look() -> str | None:
            service = self._running()
            answer = service.ask() if service else None
            if answer is None:
                gone = service is None and not supervised
                return f"the process ended: {last_words(self.logs(), logged)}" if gone else None
            # Where the answer is the same before and after (another salt), only the time tells that it was loaded.
            stale = before is not None and before.serves(release) and before.loaded_at == answer.loaded_at
            if answer.serves(release) and not stale:
                return ""
            new = answer.failed is not None and (before is None or answer.failed != before.failed)
            if answer.failed and new and answer.failed.revision == release.revision:
                return answer.failed.error
            return None

        found = wait_for(look, patience=self.patience)
        slow = f"it did not answer with the release within {self.patience:g} s: {last_words(self.logs(), logged)}"
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
            back = self._reloads(service, previous)
            if not back:
                service.end(patience=5.0)
                place = Place.model_validate({name: getattr(service, name) for name in Place.model_fields})
                back = not self._start(previous, place)
            name = f"version {previous.champion.version}"
            now = f"{name} serves as before" if back else f"{name} could not be brought back either"
        return ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}: {trouble.rstrip('.')}; {now}.",
            next_step=f"read {self.logs()}, then mend the release or revert its merge",
        )

    def _reloads(self, service: Service, previous: Release) -> bool:
        """Whether the process that served before lives, and serves that again."""
        if service.process() is None:
            return False
        service.reload()
        wait_for(lambda: self._is_back(service, previous) or None, patience=min(self.patience, 10.0))
        answer = service.ask()
        return answer is not None and answer.serves(previous)

    def _is_back(self, service: Service, previous: Release) -> bool:
        """Whether to wait no longer: the service has dealt with the signal, or it is gone."""
        answer = service.ask()
        return service.process() is None or bool(answer and answer.serves(previous) and not answer.failed)

    def _why_restart(self, service: Service, wanted: Contents | None) -> str:
        if service.host != self.host or self.port not in (0, service.port):
            return f"{service.host}:{service.port} becomes {self.host}:{self.port}"
        if service.toolkit != trunkline.__version__:
            return f"Trunkline {service.toolkit} becomes {trunkline.__version__}"
        if wanted and service.installation != wanted.digest:
            known = self.installations.read(service.installation) if self.installations else None
            return f"its packages: {known.change_to(wanted)}" if known else "it moves to its own installation"
        if service.options != self.options:
            return f"{' '.join(service.options)} becomes {' '.join(self.options)}"
        return "" if service.ask() else f"process {service.pid} does not answer"

    def _recorded(self) -> Service | None:
        path = self.folder / SERVICE_FILE
        return Service.read(path) if path.is_file() else None

    def _running(self) -> Service | None:
        service = self._recorded()
        if service is None or service.process():
            return service
        return service.elsewhere(self.folder)

    def _release(self) -> Release | None:
        try:
            return Release.read(self.folder / RELEASE_FILE)
        except StorageError:  # missing, or written by another version of Trunkline: a deploy writes it anew
            return None

    def _prune(self, live: BundleStore, kept: tuple[Release | None, ...], before: Service | None) -> None:
        """Remove the bundles and installations that neither a release nor the one to go back to needs."""
        keep_only((route for release in kept for route in routes_of(release)), live)
        if self.installations:
            named = [Service.read(path).installation for path in self.folder.parent.glob(f"*/{SERVICE_FILE}")]
            self.installations.prune([*named, before.installation if before else ""])
