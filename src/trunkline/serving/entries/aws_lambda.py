"""`python -m trunkline.serving.entries.aws_lambda <image's folder>`: the service as a function of AWS Lambda.

The function URL's events become requests of the same application. Lambda may stop the process after any answer, so the
log's store has an answer's records before it is given, and a silent challenger has answered by then.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

from fastapi import FastAPI
from structlog.typing import FilteringBoundLogger as Logger

from trunkline.core import keys
from trunkline.core.errors import PolicyError, TrunklineError, UnavailableError
from trunkline.core.policy.access import VARIABLE
from trunkline.predictions.direct import DirectLog
from trunkline.predictions.pseudonym import VARIABLE as SECRET
from trunkline.predictions.pseudonym import environment_secret
from trunkline.predictions.shipping import Shipper
from trunkline.predictions.stores import open_store, ships

from ..access import Guard
from ..app import create_app
from ..beginning import access_of, callers_of
from ..feedback import take_feedback
from ..release import load, read_release
from ..replies import sorry
from ..service import Service
from ..telemetry import Metrics, failure, service_log
from ..told import lay_out
from .events import NoRequest, Reply, asked, scope_of
from .runtime_api import RuntimeApi

API, STORE, UNLOGGED = "AWS_LAMBDA_RUNTIME_API", "TRUNKLINE_LOG_STORE", "TRUNKLINE_ANSWER_UNLOGGED"


class Function:
    """The service, asked event by event."""

    def __init__(
        self,
        image: Path,
        scratch: Path,
        variables: MutableMapping[str, str],
        log: Logger,
    ) -> None:
        """Load the release; raises PolicyError where callers or the log's store are not said, as `load` does."""
        live = lay_out(image, scratch, variables)
        release = read_release(live)
        where = variables.get(STORE, "")
        if not where or not ships(where):
            raise PolicyError(
                "A function of AWS Lambda keeps nothing, so its log needs a bucket.",
                value=where or None,
                next_step="name one in serving.log.store",
            )
        if not variables.get(VARIABLE):
            raise PolicyError(f"{VARIABLE} does not say who may ask.", next_step="trunkline deploy sets it")
        if not variables.get(SECRET):
            raise PolicyError(
                f"{SECRET} is missing, by which the log names users.", next_step="trunkline deploy sets it"
            )
        access = access_of(variables[VARIABLE])
        store = open_store(where, release.environment, variables)
        loaded = load(live, release, secret=environment_secret(scratch / "secret", variables))
        self._service = Service(
            live,
            loaded,
            DirectLog(store),
            metrics=Metrics(),
            log=log,
            answer_unlogged=variables.get(UNLOGGED) == "true",
        )
        key_file = Path(variables.get(keys.VARIABLE) or scratch / "keys")
        self.app: FastAPI = create_app(self._service, Guard(callers_of(access, key_file, (), log), access))
        told = scratch / "told"
        told.mkdir()
        take_feedback(self.app, self._service, told)
        self._told = Shipper(told, store)
        self._log = log

    async def answer(self, event: object) -> dict[str, object]:
        """Return what a function URL is to answer to an event."""
        try:
            scope, body = scope_of(event)
        except NoRequest as error:
            return _said(f"This function answers its URL: {error}.", 400)
        reply = await asked(self.app, scope, body)
        await self._service.settled()
        if (
            scope["path"] == "/feedback"
            and reply.status < 300
            and not await asyncio.to_thread(self._told.ship)
        ):
            return _said("What happened could not be recorded. Try again later.", 503)
        return reply.to_dict()


def _said(words: str, status: int) -> dict[str, object]:
    answer = sorry(words, status)
    headers = [(name.decode(), value.decode()) for name, value in answer.raw_headers]
    return Reply(status, headers, bytearray(bytes(answer.body))).to_dict()


async def answer_all(function: Function, api: RuntimeApi, log: Logger) -> None:
    """Answer one event after the other, as long as there is an API."""
    while True:
        invocation = api.next()
        try:
            reply = await function.answer(invocation.event)
        except Exception as error:  # this event has no answer; the next one may have
            log.error("no answer", **failure(error))
            api.failed(invocation, error)
        else:
            api.answer(invocation, reply)


def main(image: Path, variables: MutableMapping[str, str]) -> int:
    """Serve as long as Lambda asks; return the exit code."""
    log = service_log()
    if API not in variables:
        log.error(f"{API} is not set: this runs in AWS Lambda alone")
        return PolicyError.exit_code
    api = RuntimeApi(variables[API])
    try:
        function = Function(image, Path(tempfile.mkdtemp(prefix="trunkline-")), variables, log)
    except TrunklineError as error:
        log.error(error.what, next=error.next_step, exit_code=error.exit_code)
        api.cannot_begin(error, error.what)
        return error.exit_code
    try:
        asyncio.run(answer_all(function, api, log))
    except UnavailableError as error:
        log.error(error.what)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), dict(os.environ)))
