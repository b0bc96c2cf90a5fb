"""`python -m trunkline.serving <live folder>`: the service as a process."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
import uvicorn

from trunkline.core import keys
from trunkline.core.errors import TrunklineError
from trunkline.core.exposure import require_guarded
from trunkline.core.policy.access import VARIABLE
from trunkline.predictions import shipping, writer
from trunkline.predictions.pseudonym import environment_secret
from trunkline.predictions.stores import open_store, ships
from trunkline.predictions.stores.variables import variables_of

from .access import Guard
from .app import create_app
from .beginning import access_of, callers_of
from .callers import legacy
from .entries.sagemaker import Invocations
from .feedback import take_feedback
from .handing_out import hand_out, token_hashes
from .listening import Certificate, bind, listen, open_to_owner
from .release import load, read_release
from .server import GRACE_SECONDS, Server
from .service import Service
from .takeover import take_over
from .telemetry import LogBridge, Metrics, service_log


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
    access = access_of(options.access)
    require_guarded(options.host, access)
    release = read_release(folder)
    if options.take_over and (ended := take_over(folder, patience=GRACE_SECONDS)):
        log.info("took over", processes=ended)
    with bind(options.host, options.port) as listener:
        logs: Path = options.log_folder or _log_folder(folder)
        secret_file = _secret_file(folder, logs)
        variables = variables_of(secret_file, os.environ)
        certificate = Certificate.of(access, secret_file, variables)
        shipper = _shipper(options, release.environment, logs, log, variables)
        predictions = writer.LogWriter(
            logs,
            sync=options.sync,
            size=shipping.SIZE if shipper else writer.SIZE,
            noted=shipper.backlog.logged if shipper else None,
        )
        secret = environment_secret(secret_file, os.environ)
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
            logs=logs,
        )
        given = (*legacy(token_hashes(variables)), *open_to_owner(folder, certificate))
        key_file = Path(variables.get(keys.VARIABLE) or keys.keys_beside(secret_file))
        app = create_app(service, Guard(callers_of(access, key_file, given, log), access))
        hand_out(app, logs)
        take_feedback(app, service, logs)
        config = uvicorn.Config(
            Invocations(app, service) if options.sagemaker else app,
            log_config=None,
            access_log=False,
            ws="none",
            ssl_context_factory=(lambda *_: certificate.context) if certificate else None,
            lifespan="on",
            proxy_headers=False,
            server_header=False,
            # Longer than clients keep idle connections, so that none is closed under a request.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        listen(listener, options.host, options.port)
        # What is loaded stays; the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        Server(config, service, options.port_file, certificate, of_one=access.most_of_one).run(
            sockets=[listener]
        )


def _shipper(
    options: argparse.Namespace,
    environment: str,
    logs: Path,
    log: structlog.typing.FilteringBoundLogger,
    variables: Mapping[str, str],
) -> shipping.Shipper | None:
    """Return what ships the log to the store that the options name; None where it stays, or is fetched from here."""
    if not options.log_store or not ships(options.log_store):
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trunkline.serving", description=__doc__)
    parser.add_argument("folder", type=Path, help="holds release.json and bundles/")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument(
        "--access",
        default=os.environ.get(VARIABLE, ""),
        metavar="JSON",
        help="the policy's section serving.access; by default TRUNKLINE_ACCESS",
    )
    parser.add_argument("--log-folder", type=Path, help="of the prediction log")
    parser.add_argument(
        "--log-store",
        default=os.environ.get("TRUNKLINE_LOG_STORE", ""),
        help="where the log is shipped to, as s3://bucket/{environment}; by default TRUNKLINE_LOG_STORE",
    )
    parser.add_argument(
        "--ship-every",
        type=float,
        default=os.environ.get("TRUNKLINE_SHIP_EVERY", shipping.EVERY_S),
        metavar="SECONDS",
        help="by default TRUNKLINE_SHIP_EVERY, else a minute",
    )
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
    parser.add_argument("--sagemaker", action="store_true", help="answer /ping and /invocations too")
    parser.add_argument("--port-file", type=Path, help="gets the port once the service accepts requests")
    return parser


if __name__ == "__main__":
    sys.exit(main())
