"""The local target: one detached process that serves from a folder and swaps releases without a pause."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import trunkline
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import UnavailableError
from trunkline.core.exposure import require_guarded
from trunkline.core.policy.access import OPEN, Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.progress import Progress
from trunkline.core.record import short
from trunkline.core.release import RELEASE_FILE, Release

from ..installation import Contents, Installations, interpreter_of
from ..plan import Step, routes_of
from ..unit import Unit
from .live import bring, keep_only, needs_training
from .live_service import SERVICE_FILE, LiveService
from .port import Advice, choose_port
from .protocol import Environment, Health, Process
from .service import Place, Service, options_change, service_options
from .start import START_FILE

SERVING = Serving()
ADVICE = Advice(port="stop that program", host="name a host of this machine")


class LocalTarget:
    """A service on this machine, in a folder of its own.

    The folder holds `release.json` (what it was assigned), `bundles/`, `start` (how it is started), `service.json` (the
    process) and `service.log`. The service runs from one of `installations`, or without them from the environment of
    whoever starts it. `ship` sends the prediction log to the policy's store; `access` says who may ask. `command`
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
        access: Access = OPEN,
        installations: Installations | None = None,
        advice: Advice = ADVICE,
        command: Sequence[str] = (),
        patience: float = 60.0,
    ) -> None:
        self.folder = folder.resolve()
        self.host = host
        self.log_folder = log_folder
        self.port = port
        self.access = access
        self.options = service_options(log_folder, serving, ship=ship, access=access)
        self.installations = installations
        self.advice = advice
        self.command = tuple(command)
        self.live = LiveService(self.folder, command=self._command, patience=patience)

    def logs(self) -> Path:
        """Return the file of the service's own log."""
        return self.live.log

    def predictions(self) -> Path:
        """Return the folder of the prediction log."""
        return self.log_folder

    def address(self) -> str:
        """Return where the service answers, or would.

        Raises UnavailableError when it was never started and shall take any free port.
        """
        service = self.live.recorded()
        if service is None and self.port == 0:
            raise UnavailableError("The service does not run, and its port is not known before.")
        return (service or Place(host=self.host, port=self.port)).address

    def service(self) -> Service | None:
        """Return the process that was started last, whether or not it lives; None when it was stopped on purpose."""
        return self.live.running() or self.live.recorded()

    def assigned(self) -> Release | None:
        """Return what the service was assigned, whether or not it lives; None when it was stopped on purpose."""
        return self.live.release() if self.live.recorded() else None

    def observe(self) -> Release | None:
        """Return what the live process serves; a process that died serves nothing."""
        service = self.live.running()
        if service is None:
            return None
        assigned, answer = self.live.release(), service.ask(self.folder)
        if answer is None or not answer.ready or (assigned and answer.serves(assigned)):
            return assigned
        return answer.release() or assigned

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that a live service needs: it does not answer, or host, port or toolkit changed."""
        service = self.live.running()
        assigned = self.live.release() if service else None
        wanted = self._wanted(assigned) if assigned else None
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
        answer = service.ask(self.folder)
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
        service = self.live.running()
        # Without it, what keeps the service (systemd) does not bring it back.
        (self.folder / START_FILE).unlink(missing_ok=True)
        if service is not None:
            service.end(patience=10.0)
        (self.folder / SERVICE_FILE).unlink(missing_ok=True)
        return service is not None

    def unit(self, environment: Environment) -> Unit:
        """Return the systemd unit that keeps the service running."""
        name = re.sub(r"[^a-z0-9-]+", "-", environment.project.lower()).strip("-")
        return Unit(
            name=f"trunkline-{name}-{environment.name}",
            environment=environment.name,
            live=self.folder,
            predictions=self.log_folder.resolve(),
            host=self.host,
            user=getpass.getuser(),
            reaches_out=bool(environment.serving.log.store or self.access.jwt),
            home=Path.home(),
        )

    def become(self, release: Release, bundles: BundleStore, *, progress: Progress) -> NoReturn:
        """Serve `release` in the place of this process, so that whoever ends it ends the service."""
        require_guarded(self.host, self.access)
        self._bring(release, bundles)
        place = self._place(choose_port(self.host, self.port, advice=self.advice), self._wanted(release))
        release.write(self.folder / RELEASE_FILE)
        progress(f"serving bundle {short(release.champion.bundle)} at {place.address}/docs; Ctrl-C ends it")
        self.live.become(place)

    def _bring(self, release: Release, bundles: BundleStore) -> BundleStore:
        """Return the bundles of the folder, those of `release` among them."""
        live = BundleStore(self.folder / "bundles")
        for route in routes_of(release):
            bring(route.bundle, bundles, live)
        return live

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Make `release` serve: by a signal to the live process, else by starting one."""
        require_guarded(self.host, self.access)
        live = self._bring(release, bundles)
        previous = self.live.release()
        service = self.live.running()
        wanted = self._wanted(release)
        restart = service is not None and bool(self._why_restart(service, wanted))
        port = service.port if service else 0
        if service is None or (service.host, self.port or service.port) != (self.host, service.port):
            recorded = self.live.recorded()
            port = choose_port(
                self.host,
                self.port,
                before=recorded.port if recorded else 0,
                advice=self.advice,
                own=service.process() if service else None,
            )
        if self.installations and wanted:
            self.installations.bring(wanted)
        release.write(self.folder / RELEASE_FILE)
        if service is None or restart:
            trouble = self.live.start(release, self._place(port, wanted), before=service)
        else:
            trouble = self.live.reload(service, release)
        if trouble:
            raise self.live.go_back(release, previous, service, trouble)
        self._prune(live, (release, previous), service)

    def _wanted(self, release: Release) -> Contents | None:
        """Return what a release would run with now; None where that is the environment of whoever starts it."""
        if self.installations is None:
            return None
        live = BundleStore(self.folder / "bundles")
        return self.installations.wanted(
            training=any(needs_training(route, live) for route in routes_of(release))
        )

    def _place(self, port: int, wanted: Contents | None) -> Place:
        digest = wanted.digest if wanted else ""
        return Place(
            host=self.host,
            port=port,
            options=self.options,
            toolkit=trunkline.__version__,
            installation=digest,
        )

    def _command(self, place: Place) -> Sequence[str]:
        if self.command:
            return self.command
        if self.installations is None or not place.installation:
            return (sys.executable, "-m", "trunkline.serving")
        # Isolated: neither variables nor the folder in which it is started add to what it imports.
        python = interpreter_of(self.installations.path(place.installation))
        return (str(python), "-I", "-m", "trunkline.serving")

    def _why_restart(self, service: Service, wanted: Contents | None) -> str:
        if service.host != self.host or self.port not in (0, service.port):
            return f"{service.host}:{service.port} becomes {self.host}:{self.port}"
        if service.toolkit != trunkline.__version__:
            return f"Trunkline {service.toolkit} becomes {trunkline.__version__}"
        if wanted and service.installation != wanted.digest:
            known = self.installations.read(service.installation) if self.installations else None
            return f"its packages: {known.change_to(wanted)}" if known else "it moves to its own installation"
        if service.options != self.options:
            return options_change(service.options, self.options)
        return "" if service.ask(self.folder) else f"process {service.pid} does not answer"

    def _prune(self, live: BundleStore, kept: tuple[Release | None, ...], before: Service | None) -> None:
        """Remove the bundles and installations that neither a release nor the one to go back to needs."""
        keep_only((route for release in kept for route in routes_of(release)), live)
        if self.installations:
            named = [Service.read(path).installation for path in self.folder.parent.glob(f"*/{SERVICE_FILE}")]
            self.installations.prune([*named, before.installation if before else ""])
