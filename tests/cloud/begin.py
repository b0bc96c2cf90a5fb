"""What begins in a container: `serving.told` lays out what it was told, and the image's own program serves it."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from trunkline.serving.told import lay_out


def main() -> None:
    """Become what serves an image's folder, the first argument."""
    folder, *options = sys.argv[1:]
    variables = dict(os.environ)
    live = lay_out(Path(folder), Path(tempfile.mkdtemp()), variables)
    words = [sys.executable, *(Path(folder) / "serves").read_text().split(), str(live), *options]
    os.execve(sys.executable, words, variables)  # noqa: S606 - as serving.told does


if __name__ == "__main__":
    main()
