"""`python -m workflows FOLDER...`: judge the workflows of repositories; exit 1 when anything was found."""

from __future__ import annotations

import sys
from pathlib import Path

from .inspection import CHECKERS, inspect
from .repository import read
from .tools.absence import ToolMissing


def main(folders: list[str]) -> int:
    """Say what each checker finds, and which could not run."""
    if not folders:
        sys.stderr.write("name the folder of a repository\n")
        return 2
    repositories = [read(Path(folder).absolute()) for folder in folders]
    worst = 0
    for checker in CHECKERS:
        try:
            found = inspect(repositories, checker)
        except ToolMissing as missing:
            sys.stdout.write(f"{checker}: not run: {missing}\n")
            continue
        sys.stdout.write("".join(f"{finding}\n" for finding in found) or f"{checker}: nothing found\n")
        worst = max(worst, int(bool(found)))
    return worst


sys.exit(main(sys.argv[1:]))
