"""The unit is one that systemd itself takes, whatever the folder is called."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from trunkline.delivery import ContainerUnit, Unit

VERIFY = shutil.which("systemd-analyze")


def unit_of(folder: Path) -> Unit:
    """Return the unit of a service in a folder."""
    return Unit(
        name="trunkline-loans-production",
        environment="production",
        live=folder / "live" / "production",
        predictions=folder / "predictions" / "production",
        host="127.0.0.1",
        user="root",
        home=folder / "home",
    )


@pytest.mark.skipif(VERIFY is None, reason="systemd is not installed")
@pytest.mark.parametrize("system", [True, False])
@pytest.mark.parametrize("name", ["plain", "50% of ü $HOME"])
@pytest.mark.parametrize("contained", [False, True])
def test_systemd_finds_nothing_wrong_with_it(
    tmp_path: Path, name: str, system: bool, contained: bool
) -> None:
    folder = PurePosixPath(tmp_path / name)
    container = ContainerUnit(
        "trunkline-loans-production", "production", folder, folder / "haproxy.pid", "root"
    )
    made = container if contained else unit_of(tmp_path / name)
    file = tmp_path / f"{made.name}.service"
    file.write_text(made.text(system=system))
    kind = "--system" if system else "--user"
    done = subprocess.run(
        [str(VERIFY), "verify", kind, "--man=no", "--recursive-errors=no", str(file)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
