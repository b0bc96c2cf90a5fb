"""Look: what a machine says of an environment's containers, in one answer to one script that changes nothing.

The same script lies on the machine as `status`, for a key that may ask for it and for nothing else.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from trunkline.core.errors import PolicyError, StorageError, UnavailableError
from trunkline.core.release import Deployment, Release

from ..engine import PORT
from .machine import Machine

FILE = "status"
ASKS = ": trunkline status"
"""How the script begins; what else a key with a forced command asks for is refused."""
REFUSED = 126
_PART = "=== "


@dataclass(frozen=True)
class Seen:
    """What was seen; all is empty where nothing was ever deployed."""

    folder: str = ""
    owner: str = ""
    root: bool = False
    config: str = ""
    """Of the proxy."""
    container: str = ""
    """The container that the configuration names, whether or not the proxy runs."""
    running: bool = False
    port: int = 0
    """Of loopback, where it runs."""
    image: bool = True
    """Whether it was started from the image of its release, as far as the machine knows that image."""
    variables: str = ""
    """The digest of the service's variables."""
    releases: Mapping[str, Release] = field(default_factory=dict)
    """By the container that was told to serve it."""
    newest: Deployment | None = None
    """What was applied last."""

    @property
    def release(self) -> Release | None:
        """Return the release of the container that the configuration names."""
        return self.releases.get(self.container)


def script(folder: str, engine: str, key: str) -> str:
    """Return what a machine runs; it needs no more than a shell and the engine."""
    return (
        f"{ASKS}\ncd {shlex.quote(folder)} 2>/dev/null || exit 0\n"
        f"part() {{ printf '\\n{_PART}%s\\n' \"$1\"; }}\n"
        "part folder; pwd -P\npart owner; cat owner 2>/dev/null\npart user; id -u\n"
        "part config; cat haproxy.cfg 2>/dev/null\npart newest; cat deployment.json 2>/dev/null\n"
        "part variables; test -e keys/variables && sha256sum < keys/variables\n"
        f'for file in {shlex.quote(key)}-*.json; do test -e "$file" || continue\n'
        '  part "release ${file%.json}"; cat "$file"; done\n'
        "name=$(sed -n 's/^  server \\([^ ]*\\) .*/\\1/p' haproxy.cfg 2>/dev/null)\n"
        'test -n "$name" || exit 0\n'
        'image=$(sed -n \'s/.*"image":"\\([^"]*\\)".*/\\1/p\' "$name.json" 2>/dev/null)\n'
        f"part running; {engine} inspect --format '{{{{.State.Running}}}} {{{{.Image}}}}' \"$name\" 2>/dev/null\n"
        f'part port; {engine} port "$name" {PORT} 2>/dev/null\n'
        f"part image; {engine} image inspect --format '{{{{.Id}}}}' \"$image\" 2>/dev/null\nexit 0\n"
    )


def kept_script(text: str) -> str:
    """Return the script as it lies on the machine, for a line of authorized_keys that names it as its command."""
    return (
        "#!/bin/sh\n# Written by `trunkline deploy`: what serves here, for a key that may ask for nothing else.\n"
        f"case \"$SSH_ORIGINAL_COMMAND\" in '{ASKS}'*) ;; *)\n"
        f"  echo 'this key may only ask what serves' >&2; exit {REFUSED} ;; esac\n{text}"
    )


def line_of_key(public: str, folder: str, address: str, port: int) -> str:
    """Return the line of authorized_keys by which a key may look, and ask the proxy whether it is ready.

    It may open nothing else there: port 1, which it could listen on, is root's.
    """
    place = f"[{address}]" if ":" in address else address
    return (
        f'restrict,port-forwarding,permitopen="{place}:{port}",permitlisten="127.0.0.1:1",'
        f'command="/bin/sh {folder}/{FILE}" {public}'
    )


def look(machine: Machine, folder: str, *, engine: str, key: str, owner: str, file: str) -> Seen:
    """Return what a machine says; `file` is where the desired state names the folder.

    Raises PolicyError when the folder belongs to another, UnavailableError without the machine.
    """
    said = machine.ask(script(folder, engine, key))
    if said is None:
        raise UnavailableError(
            f"{machine.name} does not say what serves there.",
            next_step="deploy once, which writes the script that a restricted key runs there; or use a key that may do"
            " everything",
        )
    seen = read(said)
    if owner and seen.owner not in (owner.strip(), ""):
        raise PolicyError(
            f"{seen.folder} on {machine.name} belongs to another project or environment.",
            value=seen.owner,
            next_step=f"name another folder as target.folder in {file}",
        )
    return seen


def read(text: str) -> Seen:
    """Return what the script's answer tells; what another version of Trunkline wrote is passed over."""
    parts: dict[str, str] = {}
    for block in f"\n{text}".split(f"\n{_PART}")[1:]:
        name, _, content = block.partition("\n")
        parts[name] = content.strip()
    if not parts:
        return Seen()
    container = re.search(r"^  server (\S+) ", parts.get("config", ""), re.MULTILINE)
    state, _, started = parts.get("running", "").partition(" ")
    port = re.search(r":(\d+)\s*$", parts.get("port", "").split("\n")[0])
    known = parts.get("image", "")
    releases = {
        name.partition(" ")[2]: release
        for name, content in parts.items()
        if name.startswith("release ") and (release := _release(content))
    }
    return Seen(
        folder=parts.get("folder", ""),
        owner=parts.get("owner", ""),
        root=parts.get("user") == "0",
        config=parts.get("config", ""),
        container=container[1] if container else "",
        running=state == "true",
        port=int(port[1]) if port else 0,
        image=not known or started.rpartition(":")[2] == known.rpartition(":")[2],
        variables=parts.get("variables", "").partition(" ")[0],
        releases=releases,
        newest=_deployment(parts.get("newest", "")),
    )


def _release(text: str) -> Release | None:
    try:
        return Release.from_dict(json.loads(text), origin="release")
    except (StorageError, ValueError):  # of another version of Trunkline, or changed by hand
        return None


def _deployment(text: str) -> Deployment | None:
    try:
        return Deployment.from_dict(json.loads(text), origin="deployment") if text else None
    except (StorageError, ValueError):
        return None
