"""The process of a bundle, asked to change files outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CONFINED = """
import ctypes, json, os, sys, tempfile
from pathlib import Path
from trunkline.training.confinement import confined

bundle, home = (Path(name) for name in sys.argv[1:])
found = {"kernel": ctypes.CDLL(None, use_errno=True).syscall(444, None, ctypes.c_size_t(0), 1) > 0}

def tried(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"

with confined(bundle):
    own = Path(tempfile.gettempdir())
    found["own"] = tried(lambda: (own / "cache").write_text("1"))
    found["variables"] = [
        tried(lambda: Path(f"/proc/{name}/environ").read_bytes()) for name in ("self", "thread-self", os.getpid())
    ]
    found["nothing"] = tried(lambda: Path("/dev/null").write_text("1"))
    found["outside"] = [
        tried(lambda: (home / "new.json").write_text("1")),
        tried(lambda: (home / "folder").mkdir()),
        tried(lambda: (home / "there.json").unlink()),
        tried(lambda: (home / "there.json").rename(home / "moved.json")),
        tried(lambda: os.truncate(home / "there.json", 0)),
        tried(lambda: (bundle / "more.py").write_text("1")),
    ]
found["left"] = own.exists()
print(json.dumps(found))
"""


def test_it_changes_no_file_outside_its_temporary_folder_where_the_kernel_can_refuse(tmp_path: Path) -> None:
    for name in ("bundle", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "home/there.json").write_text("kept", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", CONFINED, str(tmp_path / "bundle"), str(tmp_path / "home")],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    if Path("/proc/self/environ").exists():
        assert found["variables"] == ["PermissionError"] * 3
    assert (found["own"], found["nothing"], found["left"]) == ("done", "done", False)
    if found["kernel"]:
        assert found["outside"] == ["PermissionError"] * 6
        assert (tmp_path / "home/there.json").read_text(encoding="utf-8") == "kept"
