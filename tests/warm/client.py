"""Ask the server for a child that runs a script, and stand for it: `client.py BIN SOCKET NAME ARGUMENTS`.

It is started without `site`, for its start is what each call pays. Where the server does not take a call, this becomes
the real program of that name in BIN.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

MODULES = {"pytest", "cookiecutter", "trunkline.training.worker"}
ISOLATED = ["-I", "-m", "trunkline.training.worker"]
"""Modules that start warm, and the one that starts without variables and folders of its caller's."""


def cold(real: str, name: str, arguments: list[str]) -> NoReturn:
    """Become the real program."""
    program = f"{real}/{name}"
    os.execv(program, [program, *arguments])  # noqa: S606


def inherited() -> list[int]:
    """Return the numbers of the open files that a program started from here would have."""
    found = []
    for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
        try:
            if os.get_inheritable(number):
                found.append(number)
        except OSError:
            continue  # the listing itself
    return sorted(found)


def main() -> NoReturn:
    """Call, pass signals on, and end as the child ended."""
    real, address, name, *arguments = sys.argv[1:]
    verb = name == "trunkline" or os.path.basename("".join(arguments[:1])) == "trunkline"  # noqa: PTH119
    module = arguments[0:1] == ["-m"] and MODULES.intersection(arguments[1:2])
    if not verb and not module and arguments[:3] != ISOLATED:
        cold(real, name, arguments)
    server = socket.socket(socket.AF_UNIX)
    try:
        server.connect(address)
    except OSError:
        cold(real, name, arguments)
    files = inherited()
    umask = os.umask(0)
    os.umask(umask)
    call = {"arguments": arguments if name == "python" else [f"{real}/{name}", *arguments], "files": files}
    call |= {"environment": dict(os.environ), "folder": os.getcwd(), "umask": umask}  # noqa: PTH109
    text = json.dumps(call).encode()
    server.sendmsg(
        [len(text).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))]
    )
    server.sendall(text)
    if server.recv(1) != b"w":
        cold(real, name, arguments)
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(each, lambda number, _: server.send(bytes([number])))
    said = server.recv(2)
    code = int.from_bytes(said, "big", signed=True) if said else 70
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


main()
