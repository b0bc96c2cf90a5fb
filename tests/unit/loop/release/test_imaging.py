"""What an image says of itself."""

from __future__ import annotations

import pytest

from trunkline.core.release import Release, Route
from trunkline.loop.release.imaging import labels_of, one_lock, source_of

RELEASE = Release(
    environment="production",
    revision="abc",
    strategy="single",
    champion=Route(version=3, bundle="sha256:" + "1" * 64),
)
PREFIX = "org.opencontainers.image."


def test_an_image_names_its_repository_commit_and_version() -> None:
    said = labels_of(RELEASE, "https://github.com/acme/loans", 3)
    assert {name: value for name, value in said.items() if name.startswith(PREFIX)} == {
        PREFIX + "source": "https://github.com/acme/loans",
        PREFIX + "revision": "abc",
        PREFIX + "version": "3",
    }


def test_what_is_not_known_is_no_empty_label() -> None:
    said = labels_of(RELEASE, "", 0)
    assert {name for name in said if name.startswith(PREFIX)} == {PREFIX + "revision"}
    assert said["trunkline.bundles"] == RELEASE.champion.bundle


@pytest.mark.parametrize(
    ("origin", "environment", "source"),
    [
        ("https://me:secret@github.com/acme/loans.git", {}, "https://github.com/acme/loans"),
        ("git@git.example.org:acme/loans.git", {}, "https://git.example.org/acme/loans"),
        ("/srv/origin.git", {}, ""),
        ("", {}, ""),
        ("/srv/origin.git", {"GITHUB_REPOSITORY": "acme/loans"}, "https://github.com/acme/loans"),
        (
            "",
            {"GITHUB_REPOSITORY": "acme/loans", "GITHUB_SERVER_URL": "https://git.example.org"},
            "https://git.example.org/acme/loans",
        ),
    ],
)
def test_the_source_is_the_repositorys_page_and_never_its_password(
    origin: str, environment: dict[str, str], source: str
) -> None:
    assert source_of(origin, environment) == source


def test_two_locks_are_one_in_which_nothing_stands_twice() -> None:
    serve = (
        "fastapi==1 \\\n    --hash=sha256:aa\nnumpy==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"
    )
    train = "numpy==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\nscikit-learn==3\n"
    assert one_lock([serve]) == serve
    assert one_lock([serve, train]) == serve + "scikit-learn==3\n"
    assert one_lock([]) == ""
