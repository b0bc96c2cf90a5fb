"""`python -m trunkline.serving.told <image's folder>`: a service told by variables, where no file can be mounted."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from trunkline.core import keys
from trunkline.core.errors import TrunklineError
from trunkline.core.record import write_atomically
from trunkline.core.release import RELEASE_FILE

RELEASE, KEYS = "TRUNKLINE_RELEASE", "TRUNKLINE_GIVEN_KEYS"
"""The variables that hold a release and the callers' keys as JSON; keys are hashes."""


def lay_out(image: Path, into: Path, variables: MutableMapping[str, str]) -> Path:
    """Return a live folder in `into`: the bundles of `image`, and the release that a variable holds, else the image's.

    A variable with keys becomes a file, which `TRUNKLINE_KEYS` names then.
    """
    live = into / "release"
    live.mkdir(parents=True)
    (live / "bundles").symlink_to((image / "bundles").resolve(), target_is_directory=True)
    release = variables.pop(RELEASE, "")
    write_atomically(
        live / RELEASE_FILE, release.encode() if release else (image / RELEASE_FILE).read_bytes()
    )
    if given := variables.pop(KEYS, ""):
        write_atomically(into / "keys", given.encode())
        variables[keys.VARIABLE] = str(into / "keys")
    return live


def command(live: Path, options: Sequence[str]) -> list[str]:
    """Return what serves a live folder."""
    return [sys.executable, "-m", "trunkline.serving", str(live), *options]


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Lay out what this process was told, and become the service."""
    variables = dict(environment)
    live = lay_out(Path(arguments[0]), Path(tempfile.mkdtemp(prefix="trunkline-")), variables)
    words = command(live, arguments[1:])
    os.execve(words[0], words, variables)  # noqa: S606 - the service, with the variables that are left


if __name__ == "__main__":
    try:
        main(sys.argv[1:], os.environ)
    except TrunklineError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
