"""Published data sets are fetched once, by https, and a file with another digest than the trusted one is refused."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher import Site, publishing
from trunkline.core.errors import DataError, NotFoundError, UnavailableError
from trunkline.data import Published

ROWS = b"hour,bikes\n1,16\n"
DIGEST = hashlib.sha256(ROWS).hexdigest()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A publisher on this machine, and a home in which nothing was fetched yet."""
    with publishing(tmp_path) as made:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "127.0.0.1")
        monkeypatch.delenv("TRUNKLINE_DATA", raising=False)
        yield made


def read(published: Published) -> bytes:
    path = published.path()
    assert path
    return path.read_bytes()


def test_a_file_is_fetched_once(site: Site) -> None:
    hours = Published("bikes/hour.csv", site.publishes("/hour.csv", ROWS), sha256=DIGEST)
    assert [read(hours), read(hours)] == [ROWS, ROWS]
    assert site.asked == 1


def test_a_member_of_an_archive_is_what_the_digest_is_of(site: Site) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a folder/hour.csv", ROWS)
    address = site.publishes("/all.zip", packed.getvalue())
    assert read(Published("bikes/hour.csv", address, member="a folder/hour.csv", sha256=DIGEST)) == ROWS
    with pytest.raises(DataError, match="no archive from which"):
        Published("bikes/day.csv", address, member="day.csv").path()


def test_a_file_with_another_digest_is_refused_and_not_kept(site: Site) -> None:
    hours = Published("bikes/hour.csv", site.publishes("/hour.csv", b"another"), sha256=DIGEST)
    for _ in range(2):
        with pytest.raises(DataError, match="not the file that is trusted"):
            hours.path()
    assert site.asked == 2


def test_an_unverified_file_is_trusted_at_first_use_and_compared_from_then_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    hours = Published("bikes/new.csv", site.publishes("/new.csv", ROWS))
    path = hours.path()
    assert path
    assert f"sha256='{DIGEST}'" in caplog.text
    path.write_bytes(b"changed on this machine")
    with pytest.raises(DataError, match=DIGEST):
        hours.path()
    site.publishes("/new.csv", b"changed by its publisher")
    with pytest.raises(DataError, match=DIGEST):
        hours.path()
    site.publishes("/new.csv", ROWS)
    assert read(hours) == ROWS


def test_an_address_that_does_not_answer_leads_to_the_synthetic_sample(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Published("bikes/gone.csv", site.address + "/gone.csv", sha256=DIGEST)
    with pytest.raises(NotFoundError, match="TRUNKLINE_DATA=sample"):
        gone.path()
    site.cut = True
    site.publishes("/gone.csv", ROWS)
    with pytest.raises(UnavailableError, match="TRUNKLINE_DATA=sample"):
        gone.path()
    monkeypatch.setenv("TRUNKLINE_DATA", "sample")
    assert gone.path() is None
    assert "synthetic rows stand for bikes/gone.csv" in caplog.text


def test_only_https_is_fetched(site: Site) -> None:
    with pytest.raises(DataError, match="https alone"):
        Published("bikes/hour.csv", site.address.replace("https", "http"), sha256=DIGEST).path()
    assert site.asked == 0


def test_a_folder_of_data_sets_is_taken_in_place_of_the_address(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bikes").mkdir()
    (tmp_path / "bikes/hour.csv.gz").write_bytes(b"compressed")
    monkeypatch.setenv("TRUNKLINE_DATA", str(tmp_path))
    assert Published("bikes/hour.csv", site.address, sha256=DIGEST).path() == tmp_path / "bikes/hour.csv.gz"
    with pytest.raises(NotFoundError, match=r"lacks bikes/day\.csv"):
        Published("bikes/day.csv", site.address).path()
    assert site.asked == 0
