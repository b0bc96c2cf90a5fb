"""What a release does beside building and publishing; it needs Python alone, and `gh` for the last step.

python3 .github/release.py check      the tag is the version that the package and the toolkit have
python3 .github/release.py try        the wheel in dist/ works in an environment where nothing else is
python3 .github/release.py announce   make the GitHub release of the tag, with the files of dist/

The tag is in GITHUB_REF_NAME.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"


def version() -> str:
    """Return the package's version; leave when the toolkit tells another."""
    packaged = str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])
    source = (ROOT / "src" / "trunkline" / "__init__.py").read_text(encoding="utf-8")
    told = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE)
    if told is None or told[1] != packaged:
        sys.exit(
            f"pyproject.toml says {packaged}, src/trunkline/__init__.py {told and told[1]}: they must agree"
        )
    return packaged


def tag() -> str:
    """Return the tag of this release; leave when it is not the version's."""
    name = os.environ.get("GITHUB_REF_NAME", "")
    if name != f"v{version()}":
        sys.exit(
            f"the tag is {name!r}, the version {version()}: tag v{version()}, or change the version first"
        )
    return name


def files() -> tuple[Path, Path]:
    """Return the wheel and the source package in dist/; leave when there is anything else, or another version."""
    wheel = DIST / f"trunkline-{version()}-py3-none-any.whl"
    source = DIST / f"trunkline-{version()}.tar.gz"
    found = {path.name for path in DIST.iterdir()} - {".gitignore"} if DIST.is_dir() else set()
    if found != {wheel.name, source.name}:
        sys.exit(f"dist/ holds {sorted(found)}, not {source.name} and {wheel.name}")
    return wheel, source


def attempt() -> None:
    """Install the wheel as a user does, and let it say its version and the policy's schema."""
    wheel, _ = files()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        subprocess.run([programs / "python", "-m", "pip", "install", "--quiet", wheel], check=True)
        # Elsewhere, and without the source beside it, only what was packed can be imported.
        for words in (["--version"], ["--help"], ["schema"]):
            done = subprocess.run(
                [programs / "trunkline", *words], cwd=folder, capture_output=True, text=True, check=False
            )
            if done.returncode or (words == ["--version"] and version() not in done.stdout):
                sys.exit(f"trunkline {words[0]}: {done.stdout}{done.stderr}")
    sys.stdout.write(f"{wheel.name} works on Python {sys.version.split()[0]}\n")


def announce() -> None:
    """Make the release of the tag, once: a run that is repeated finds it made."""
    name = tag()
    paths = [str(path) for path in files()]
    if subprocess.run(["gh", "release", "view", name], capture_output=True, check=False).returncode == 0:
        sys.stdout.write(f"the release {name} is there\n")
        return
    words = ["gh", "release", "create", name, *paths, "--verify-tag", "--generate-notes", "--title", name]
    subprocess.run(words, check=True, cwd=ROOT)


if __name__ == "__main__":
    {"check": tag, "try": attempt, "announce": announce}.get(
        " ".join(sys.argv[1:]), lambda: sys.exit(__doc__)
    )()
