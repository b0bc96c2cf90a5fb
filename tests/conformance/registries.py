"""The suite of registries: subclass it, and give the fixture `reach`, which opens the same registry again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.bundle import Bundle, BundleStore
from trunkline.core.errors import BundleError, NotFoundError
from trunkline.registry import Registry, fetched

Reach = Callable[[], Registry]
MakeBundle = Callable[[str], Bundle]
NOBODYS = "sha256:" + "0" * 64


class RegistryConformance:
    """Needs the fixtures `reach`, `bundle` (makes one that differs by a word) and `damage`.

    `damage` changes a file of a bundle where the registry keeps it, as somebody with write access could.
    """

    def test_it_begins_empty_and_says_what_it_lacks(self, reach: Reach, tmp_path: Path) -> None:
        assert reach().digests() == frozenset()
        with pytest.raises(NotFoundError) as missing:
            reach().fetch(NOBODYS, tmp_path)
        assert missing.value.next_step
        with pytest.raises(NotFoundError):
            reach().since(NOBODYS)
        reach().remove([NOBODYS])

    def test_a_bundle_comes_back_on_another_visit_as_it_was_sealed(
        self, reach: Reach, bundle: MakeBundle, tmp_path: Path
    ) -> None:
        one, two = bundle("one"), bundle("two")
        for number, made in enumerate((one, two), start=1):
            reach().put(made, number=number)
        assert reach().digests() == {one.digest, two.digest}
        store = BundleStore(tmp_path / "store")
        for made in (one, two):
            assert fetched(reach(), made.digest, store).manifest == made.manifest
        assert abs(reach().since(one.digest) - datetime.now(UTC)) < timedelta(hours=1)

    def test_putting_a_bundle_again_changes_nothing(self, reach: Reach, bundle: MakeBundle) -> None:
        made = bundle("one")
        reach().put(made, number=1)
        since = reach().since(made.digest)
        reach().put(made, number=1, run="0" * 32)
        assert reach().digests() == {made.digest}
        assert reach().since(made.digest) == since

    def test_what_was_replaced_is_refused_and_not_stored(
        self, reach: Reach, bundle: MakeBundle, damage: Callable[[Bundle], None], tmp_path: Path
    ) -> None:
        made = bundle("one")
        reach().put(made, number=1)
        damage(made)
        store = BundleStore(tmp_path / "store")
        with pytest.raises(BundleError):
            fetched(reach(), made.digest, store)
        assert made.digest not in store

    def test_a_damaged_copy_on_this_machine_is_mended(
        self, reach: Reach, bundle: MakeBundle, tmp_path: Path
    ) -> None:
        made = bundle("one")
        reach().put(made, number=1)
        store = BundleStore(tmp_path / "store")
        (fetched(reach(), made.digest, store).folder / "model.onnx").write_text("damaged")
        assert fetched(reach(), made.digest, store).model_file.read_text() == "one"

    def test_what_is_removed_is_gone_and_can_come_again(self, reach: Reach, bundle: MakeBundle) -> None:
        one, two = bundle("one"), bundle("two")
        for number, made in enumerate((one, two), start=1):
            reach().put(made, number=number)
        reach().remove([one.digest, NOBODYS])
        assert reach().digests() == {two.digest}
        reach().put(one, number=1)
        assert reach().digests() == {one.digest, two.digest}
