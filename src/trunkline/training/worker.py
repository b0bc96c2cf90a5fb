"""The Python runtime's process: loads a bundle and answers on its pipes.

`python -m trunkline.training.worker <bundle folder> <digest> [<hidden folder>]`. A message is its length as four bytes,
big-endian, and JSON. The first one out is `{"ready": true, "classes": [...]}`, or `{"error": "..."}` before exit 1.
Then each `{"columns": {name: [values]}}` gets `{"outputs": [...]}`, as the task's `raw` gives them, or
`{"error": "..."}`. The end of the input ends the process.

The process reads the bundle and what is installed, and no other file. Its code sees no variable of the environment.
Its errors name what it was refused; errors and answers also carry it as `"refused": [...]`.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.bundle import Bundle, open_bundle
from trunkline.core.raised import raised
from trunkline.tasks import judging_of, task_of

from .confinement import Confined, confined
from .exporters import python as python_model
from .fast_features import speed_up
from .frames import encoded
from .variables import hide_variables

LENGTH = struct.Struct(">I")


def read_message(stream: BinaryIO) -> Any:
    """Return the next message, or None at the end of the input (also when it ends within a message)."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = stream.read(size)
    return json.loads(body) if len(body) == size else None


def write_message(stream: BinaryIO, message: Mapping[str, Any]) -> None:
    """Write one message and flush it; numbers that JSON does not have raise ValueError."""
    body = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


Answer = Callable[[Mapping[str, Sequence[object]]], dict[str, Any]]


def load(bundle: Bundle) -> tuple[Answer, list[str]]:
    """Return the function that answers a request's columns, and the model's classes.

    The bundle must have been verified just now: loading a model runs code.
    """
    # bytecode written beside the user's code would be files that are not the bundle's own
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(bundle.folder / "code"))
    judging = judging_of(bundle.contract)
    pipeline = python_model.load(bundle.model_file.read_bytes(), bundle.manifest.trusted_types)

    def answer(columns: Mapping[str, Sequence[object]]) -> dict[str, Any]:
        rows = rows_of(encoded(columns, bundle.contract))
        answers = judging.ask(pipeline, rows, decision=bundle.manifest.decision)
        return {"outputs": task_of(bundle.contract).raw(answers)}

    classes = judging.classes(pipeline, bundle.contract, candidate=bundle.manifest.name)
    rows_of = speed_up(pipeline)
    return answer, list(classes)


def serve(requests: BinaryIO, replies: BinaryIO, answer: Answer, guard: Confined) -> None:
    """Answer requests until the input ends; whatever a request raises is its reply."""
    while (request := read_message(requests)) is not None:
        try:
            reply = answer(request["columns"])
            write_message(replies, reply | ({"refused": guard.refused} if guard.refused else {}))
        except BrokenPipeError:
            return
        except Exception as error:
            write_message(replies, _failure(error, guard.refused))


def _failure(error: Exception, refused: Sequence[str]) -> dict[str, Any]:
    said = raised(error)
    unsaid = [path for path in refused if path not in said]
    words = f"{said} (refused: {', '.join(unsaid)}, outside the bundle)" if unsaid else said
    return {"error": words} | ({"refused": list(refused)} if refused else {})


def main(arguments: Sequence[str]) -> int:
    """Run the worker on a bundle's folder and return its exit code."""
    # the pipe is for messages alone: whatever else is printed, from C too, goes to the error stream
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    # Ctrl+C reaches the whole group: the service ends this process by closing its input
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    refused: Sequence[str] = ()
    try:
        bundle = open_bundle(Path(arguments[0]), digest=arguments[1])
        hidden = Path(arguments[2]) if arguments[2:] else None
        with (
            threadpool_limits(int(os.environ.get("OMP_NUM_THREADS", "1"))),
            confined(bundle.folder, hidden) as guard,
        ):
            refused = guard.refused
            hide_variables(bundle.folder / "code", guard.refused)
            answer, classes = load(bundle)
            write_message(replies, {"ready": True, "classes": classes})
            serve(sys.stdin.buffer, replies, answer, guard)
    except BrokenPipeError:
        return 1
    except Exception as error:
        write_message(replies, _failure(error, refused))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
