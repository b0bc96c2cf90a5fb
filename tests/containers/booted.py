"""A machine of its own: systemd boots in namespaces, with its own processes, network, files, podman and sshd.

It shares this machine's kernel and, for reading, its files. What it writes lies in memory and outlives its reboots.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from trunkline.delivery.targets.service import wait_for

from .fixtures import SshMachine

NET = f"10.213.{os.getpid() % 250}"
HERE, THERE = f"{NET}.1", f"{NET}.2"
NAME = "production-machine"
PATIENCE = 60.0
NEEDED = ("ip", "nsenter", "unshare", "sshd", "ssh", "podman", "haproxy", "/lib/systemd/systemd")
BOOT = """set -eu
mount --make-rprivate /
root="$MACHINE/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$MACHINE/kept/files,workdir=$MACHINE/kept/work" "$root"
mount --bind "$MACHINE/kept/containers" "$root/var/lib/containers"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sys "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount -t tmpfs run "$root/run"
mount -t tmpfs -o mode=755 dev "$root/dev"
for each in null zero full random urandom tty fuse; do
  if [ -e "/dev/$each" ]; then touch "$root/dev/$each"; mount --bind "/dev/$each" "$root/dev/$each"; fi
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs shm "$root/dev/shm"
touch "$root/dev/console"
mount --bind "$MACHINE/console" "$root/dev/console"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
exec env -i container=namespaces PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" \\
  /lib/systemd/systemd --system --unit=multi-user.target --log-level=notice --log-target=console --show-status=0
"""
LEFT_OUT = (
    *("systemd-sysctl", "systemd-udevd", "systemd-udev-trigger", "systemd-binfmt", "systemd-modules-load"),
    *("systemd-random-seed", "systemd-remount-fs", "systemd-logind", "systemd-journal-flush"),
    "systemd-tmpfiles-setup",
)
"""Units that would change this machine's kernel, clean its files, or wait for what only a whole machine has."""
SSHD = """[Service]
RuntimeDirectory=sshd
ExecStart={program} -D -e -f {folder}/sshd_config
KillMode=process
Restart=always
[Install]
WantedBy=multi-user.target
"""
CONTAINERS = (
    '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
    '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n'
)


@dataclass
class Booted:
    """The machine, and how it is reached over SSH."""

    folder: Path
    ssh: SshMachine
    namespace: str
    running: subprocess.Popen[bytes] | None = field(default=None)

    def boot(self) -> None:
        """Boot it, and wait until its sshd answers."""
        _link(self.namespace)
        with (self.folder / "console").open("ab") as console:
            self.running = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.namespace}",
                 "unshare", "--mount", "--uts", "--ipc", "--pid", "--fork",
                 "--kill-child", "sh", "-c", BOOT],
                env={"PATH": os.environ["PATH"] + ":/usr/sbin", "MACHINE": str(self.folder)},
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            )  # fmt: skip
        if not wait_for(lambda: self._answers() or None, patience=PATIENCE):
            raise TimeoutError((self.folder / "console").read_text()[-1500:])

    def _answers(self) -> bool:
        return (
            subprocess.run(self.words("true"), capture_output=True, check=False, timeout=20).returncode == 0
        )

    def words(self, *command: str) -> list[str]:
        """Return the command that runs another one there."""
        config = ["-F", str(self.ssh.folder / "ssh_config"), "-i", str(self.ssh.folder / "user")]
        return ["ssh", *config, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", self.ssh.host, *command]

    def run(self, *command: str) -> str:
        """Run a command there, and return what it printed."""
        done = subprocess.run(self.words(*command), capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout

    def ends(self) -> None:
        """Wait until nothing of it runs any more; its network goes with it, as with any machine."""
        assert self.running is not None
        self.running.wait(timeout=90)
        _unlink(self.namespace)

    def pull_the_plug(self) -> None:
        """Let it end between two instructions."""
        assert self.running is not None
        self.running.kill()
        self.ends()


def _link(namespace: str) -> None:
    near, far = f"{namespace}h", f"{namespace}m"
    inside = ("ip", "-n", namespace)
    for words in (
        ("ip", "netns", "add", namespace),
        ("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", namespace),
        ("ip", "addr", "add", f"{HERE}/30", "dev", near),
        ("ip", "link", "set", near, "up"),
        (*inside, "addr", "add", f"{THERE}/30", "dev", far),
        (*inside, "link", "set", far, "up"),
        (*inside, "link", "set", "lo", "up"),
    ):
        subprocess.run(words, check=True, capture_output=True)


def _unlink(namespace: str) -> None:
    for words in (("link", "del", f"{namespace}h"), ("netns", "del", namespace)):
        subprocess.run(["ip", *words], check=False, capture_output=True)


def _furnish(folder: Path, ssh: Path, registries: str) -> None:
    files = folder / "kept/files"
    for each in (files, folder / "kept/work", folder / "kept/containers", folder / "root"):
        each.mkdir(parents=True)
    units = files / "etc/systemd/system"
    (units / "multi-user.target.wants").mkdir(parents=True)
    (files / "root").mkdir(mode=0o700)
    # Neither what is switched on at this machine is there, nor its user's home: an opaque folder hides what lies below.
    for own in (units, files / "root"):
        os.setxattr(own, "trusted.overlay.opaque", b"y")
    for name in LEFT_OUT:
        (units / f"{name}.service").symlink_to("/dev/null")
    program = shutil.which("sshd", path="/usr/sbin:/usr/bin")
    (units / "machine-sshd.service").write_text(SSHD.format(program=program, folder=ssh))
    (units / "multi-user.target.wants/machine-sshd.service").symlink_to("../machine-sshd.service")
    (files / "etc/hostname").write_text(f"{NAME}\n")
    (files / "etc/containers").mkdir()
    (files / "etc/containers/containers.conf").write_text(CONTAINERS)
    (files / "etc/containers/registries.conf").write_text(registries)


@contextmanager
def reached(booted: Booted, registry: str) -> Iterator[None]:
    """Let the other machine reach the registry by the name that it has here, while the block runs."""
    tunnel = subprocess.Popen(
        booted.words("-N", "-R", f"{registry}:{registry}"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        look = f"curl -sf http://{registry}/v2/ || wget -qO- http://{registry}/v2/"
        asked = booted.words(look)

        def answers() -> bool:
            return subprocess.run(asked, capture_output=True, check=False).returncode == 0

        assert wait_for(lambda: answers() or None, patience=30)
        yield
    finally:
        tunnel.terminate()
        tunnel.wait(timeout=10)


@pytest.fixture
def booted(registry: str, tmp_path: Path) -> Iterator[Booted]:
    """Another machine, which knows the tests' registry by the tunnel that a test opens."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in NEEDED if not shutil.which(name, path=path)]
    if os.geteuid() or missing:
        pytest.skip(f"no machine can be booted here: {', '.join(missing) or 'only root may'}")
    folder, ssh = tmp_path / "machine", tmp_path / "ssh"
    for each in (folder, ssh):
        each.mkdir()
    machine = SshMachine("root@booted.test", "", ssh)
    for name in ("user", "host"):
        _, public = machine.new_key(name)
        if name == "user":
            machine.admit(public)
    (ssh / "sshd_config").write_text(
        f"ListenAddress {THERE}\nHostKey {ssh}/host\nAuthorizedKeysFile {ssh}/authorized\nPidFile none\n"
        "StrictModes no\nUsePAM no\nPasswordAuthentication no\n"
    )
    (ssh / "known").write_text(f"{THERE} {public}\n")
    (ssh / "ssh_config").write_text(
        f"Host booted.test\n  HostName {THERE}\n  UserKnownHostsFile {ssh}/known\n"
    )
    made = Booted(folder, SshMachine(machine.host, " ".join(public.split()[:2]), ssh), f"tl{os.getpid()}")
    (folder / "kept").mkdir()
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "kept", str(folder / "kept")], check=True, capture_output=True
        )
        _furnish(folder, ssh, Path(os.environ["CONTAINERS_REGISTRIES_CONF"]).read_text())
        made.boot()
    except (OSError, subprocess.SubprocessError, TimeoutError) as error:
        _clear(made)
        pytest.skip(f"systemd does not boot in namespaces here: {error}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUNKLINE_SSH_CONFIG", str(ssh / "ssh_config"))
        patch.setenv("TRUNKLINE_SSH_KEY", (ssh / "user").read_text())
        yield made
    _clear(made)


def _clear(made: Booted) -> None:
    if made.running is not None and made.running.poll() is None:
        made.pull_the_plug()
    _unlink(made.namespace)
    subprocess.run(["umount", "--lazy", str(made.folder / "kept")], check=False, capture_output=True)
