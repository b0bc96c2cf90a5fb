"""What is read from a machine's answer, and what the key of a schedule may ask for."""

from __future__ import annotations

import pytest

from trunkline.core.release import Release
from trunkline.delivery.targets.look import Seen, kept_script, line_of_key, read, script

RELEASE = Release.of_one("sha256:" + "1" * 64, environment="production", revision="c1", version=1)
CONFIG = "backend container\n  retries 3\n  server loans-1 127.0.0.1:20001"


def said(**parts: str) -> str:
    """Return an answer of a machine, in which any part may be another."""
    whole = {
        "folder": "/srv/loans",
        "owner": "a1 production",
        "user": "0",
        "config": CONFIG,
        "newest": "",
        "variables": "abc  -",
        "release loans-1": RELEASE.canonical().decode(),
        "running": "true sha256:77",
        "port": "127.0.0.1:20001",
        "image": "77",
    } | parts
    return "".join(f"\n=== {name}\n{content}\n" for name, content in whole.items())


def test_an_answer_is_read_whole() -> None:
    assert read(said()) == Seen(
        folder="/srv/loans",
        owner="a1 production",
        root=True,
        config=CONFIG,
        container="loans-1",
        running=True,
        port=20001,
        image=True,
        variables="abc",
        releases={"loans-1": RELEASE},
    )
    assert read(said()).release == RELEASE


@pytest.mark.parametrize("text", ["", "\n", "words of a shell\n"])
def test_where_nothing_was_deployed_nothing_is_seen(text: str) -> None:
    assert read(text) == Seen()


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"schema": "trunkline/release/9"}'])
def test_a_release_that_was_changed_by_hand_is_none(text: str) -> None:
    assert read(said(**{"release loans-1": text})).release is None


@pytest.mark.parametrize(("started", "known", "same"), [("77", "sha256:77", True), ("88", "77", False)])
def test_another_image_is_seen(started: str, known: str, same: bool) -> None:
    assert read(said(running=f"true sha256:{started}", image=known)).image is same


def test_an_image_that_the_machine_has_lost_is_not_another() -> None:
    assert read(said(image="")).image


def test_the_script_that_is_kept_is_the_script_that_is_asked() -> None:
    asked = script("/srv/loans", "podman", "loans")
    assert kept_script(asked).endswith(asked)


def test_a_line_of_a_key_grants_one_command_and_one_port() -> None:
    line = line_of_key("ssh-ed25519 AAAA", "/srv/loans", "::1", 8080)
    options = line.partition(" ssh-ed25519")[0]
    assert options.startswith("restrict,port-forwarding,")
    assert 'permitopen="[::1]:8080"' in options
    assert 'command="/bin/sh /srv/loans/status"' in options
