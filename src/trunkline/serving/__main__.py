"""`python -m trunkline.serving <live folder>`: the service as a process."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import structlog
import uvicorn

from trunkline.core.errors import TrunklineError, UnavailableError
from trunkline.core.record import write_atomically
from trunkline.predictions import shipping, writer
from trunkline.predictions.pseudonym import environment_secret
from trunkline.predictions.stores import open_store
from trunkline.predictions.stores.variables import variables_of

from .app import create_app
from .handing_out import hand_out, token_hashes
from .release import load, read_release
from .service import Service
from .takeover import take_over
from .telemetry import LogBridge, Metrics, service_log

GRACE_SECONDS = 30


class Server(uvicorn.Server):
    """Uvicorn that ends with code 0 when asked to stop, and reloads on SIGHUP."""

    def __init__(self, config: uvicorn.Config, service: Service, port_file: Path | None) -> None:
        super().__init__(config)
        self._service = service
        self._port_file = port_file
        self._hung_up_early = False
        # Until the event loop takes over, a SIGHUP would end the process.
        signal.signal(signal.SIGHUP, self._remember)

    def _remember(self, _: int, __: FrameType | None) -> None:
        self._hung_up_early = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; uvicorn would raise them again after it has stopped."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept, then say so."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._service.request_reload)
        if self._hung_up_early:
            self._service.request_reload()
        await super().startup(sockets)
        port = sockets[0].getsockname()[1] if sockets else self.config.port
        if self._port_file:
            write_atomically(self._port_file, f"{port}\n".encode())
        self._service.log.info("started", port=port, **self._service.live.about())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the service until it is told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    log = service_log()
    logging.basicConfig(handlers=[LogBridge(log)], level=logging.WARNING, force=True)
    try:
        _run(options, log)
    except TrunklineError as error:
        log.error(error.what, next=error.next_step, exit_code=error.exit_code)
        return error.exit_code
    return 0


def _run(options: argparse.Namespace, log: structlog.typing.FilteringBoundLogger) -> None:
    folder: Path = options.folder
    release = read_release(folder)
    if options.take_over and (ended := take_over(folder, patience=GRACE_SECONDS)):
        log.info("took over", processes=ended)
    with _bind(options.host, options.port) as listener:
        logs: Path = options.log_folder or _log_folder(folder)
        variables = variables_of(_secret_file(folder, logs), os.environ)
        shipper = _shipper(options, release.environment, logs, log, variables)
        predictions = writer.LogWriter(
            logs,
            sync=options.sync,
            size=shipping.SIZE if shipper else writer.SIZE,
            noted=shipper.backlog.logged if shipper else None,
        )
        secret = environment_secret(_secret_file(folder, logs), os.environ)
        live = load(
            folder, release, secret=secret, threads=options.threads, maximum_rows=options.maximum_rows
        )
        service = Service(
            folder,
            live,
            predictions,
            metrics=Metrics(),
            log=log,
            threads=options.threads,
            maximum_rows=options.maximum_rows,
            shipper=shipper,
            answer_unlogged=options.answer_unlogged,
        )
        app = create_app(service)
        if hashes := token_hashes(variables):
            hand_out(app, logs, hashes)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            # Longer than clients keep idle connections, so that none is closed under a request.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        _listen(listener, options.host, options.port)
        # What is loaded stays; the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        Server(config, service, options.port_file).run(sockets=[listener])


def _shipper(
    options: argparse.Namespace,
    environment: str,
    logs: Path,
    log: structlog.typing.FilteringBoundLogger,
    variables: Mapping[str, str],
) -> shipping.Shipper | None:
    """Return what ships the log to the store that the options name; None where it stays, or is fetched from here."""
    if not options.log_store or urlsplit(options.log_store).scheme in ("http", "https"):
        return None
    store = open_store(options.log_store, environment, variables)

    def told(trouble: str) -> None:
        if trouble:
            log.error("log not shipped", reason=trouble)
        else:
            log.info("log shipped again")

    return shipping.Shipper(logs, store, every=options.ship_every, told=told)


def _log_folder(folder: Path) -> Path:
    """Return where a project keeps the log of the environment that `folder` serves."""
    folder = folder.resolve()
    if folder.parent.name == "live":
        return folder.parent.parent / "predictions" / folder.name
    return folder / "predictions"


def _secret_file(folder: Path, logs: Path) -> Path:
    """Return where the secret of the environment lies: a project's own place, else beside the log."""
    folder = folder.resolve()
    if folder.parent.name == "live":
        return folder.parent.parent / "secrets" / folder.name
    return logs / ".user-secret"


def _bind(host: str, port: int) -> socket.socket:
    listener: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        if listener:
            listener.close()
        raise _refused(error, host, port) from error
    return listener


def _listen(listener: socket.socket, host: str, port: int) -> None:
    # Two sockets that do not listen yet may be bound to one port: only this call tells.
    try:
        listener.listen(2048)
    except OSError as error:
        raise _refused(error, host, port) from error


def _refused(error: OSError, host: str, port: int) -> UnavailableError:
    if error.errno == errno.EADDRINUSE:
        return UnavailableError(
            f"Cannot listen on {host}: port {port} is taken by another program.",
            next_step="stop that program, or choose another port",
        )
    return UnavailableError(
        f"Cannot listen on {host}, port {port}: {error.strerror}.", next_step="choose another host or port"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trunkline.serving", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds release.json and bundles/")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--log-folder", type=Path, help="of the prediction log")
    parser.add_argument(
        "--log-store",
        default=os.environ.get("TRUNKLINE_LOG_STORE", ""),
        help="where the log is shipped to, as s3://bucket/{environment}; by default TRUNKLINE_LOG_STORE",
    )
    parser.add_argument("--ship-every", type=float, default=shipping.EVERY_S, metavar="SECONDS")
    parser.add_argument(
        "--answer-unlogged",
        action="store_true",
        help="answer and count what the log does not take, instead of 503",
    )
    parser.add_argument("--sync", action="store_true", help="force each logged answer to disk")
    parser.add_argument(
        "--take-over", action="store_true", help="end what serves the folder already (systemd starts it so)"
    )
    parser.add_argument("--threads", type=int, default=1, help="of the model, for one request")
    parser.add_argument("--maximum-rows", type=int, default=1000, help="in one batch")
    parser.add_argument("--port-file", type=Path, help="gets the port once the service accepts requests")
    return parser


if __name__ == "__main__":
    sys.exit(main())
