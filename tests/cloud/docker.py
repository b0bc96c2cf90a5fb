"""`docker run` of a machine: it writes down what would be run, by the options that our script gives."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path


def main() -> None:
    """Write image, words and variables into the file that DOCKED names."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("run", choices=["run"])
    for flag in ("--detach", "--read-only"):
        parser.add_argument(flag, action="store_true")
    for option in (
        "--name",
        "--restart",
        "--tmpfs",
        "--cap-drop",
        "--security-opt",
        "--volume",
        "--env-file",
    ):
        parser.add_argument(option)
    for option in ("--stop-timeout", "--log-driver", "--publish"):
        parser.add_argument(option)
    parser.add_argument("--log-opt", action="append")
    parser.add_argument("image")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    assert "" not in (given.image, given.env_file)
    lines = Path(given.env_file).read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines)
    told = {"image": given.image, "words": given.words, "variables": variables}
    Path(os.environ["DOCKED"]).write_text(json.dumps(told))


if __name__ == "__main__":
    main()
