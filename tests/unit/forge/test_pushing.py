"""The parts of pushing that need no repository."""

from __future__ import annotations

from trunkline.forge.pushing import ref, without_password


def test_an_address_tells_no_password() -> None:
    said = "fatal: unable to access 'https://me:secret@git.example.org/acme/income.git/': nothing there"
    assert without_password(said) == (
        "fatal: unable to access 'https://git.example.org/acme/income.git/': nothing there"
    )


def test_a_text_without_an_address_stays() -> None:
    assert without_password("git@example.org:acme/income // see a@b") == (
        "git@example.org:acme/income // see a@b"
    )


def test_a_branch_has_a_full_name() -> None:
    assert ref("feature/trees") == "refs/heads/feature/trees"
