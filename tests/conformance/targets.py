"""The suite of targets: subclass it, and give the fixture `reach`, which opens the same environment again and again."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from trunkline import delivery
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import PolicyError, TrunklineError
from trunkline.core.release import Release, Route
from trunkline.delivery import DesiredState, Target, TargetSettings, next_state

Reach = Callable[[], Target]


class TargetConformance:
    """Needs the fixtures `reach`, `settings`, `route` (of a version number to its bundle) and `bundles`."""

    @pytest.fixture
    def image(self) -> str:
        """The image by digest, for a kind that runs images; it carries versions 1 to 3."""
        return ""

    @pytest.fixture
    def single(
        self, settings: TargetSettings, image: str, route: Callable[[int], Route]
    ) -> Callable[[int], Release]:
        def make(version: int) -> Release:
            none = DesiredState(environment="production", target=settings, image=image)
            state = next_state(none, "single", challenger=route(version))
            release = state.release(f"c{version}")
            assert release is not None
            return release

        return make

    def test_before_the_first_release_nothing_serves(self, reach: Reach) -> None:
        target = reach()
        assert target.observe() is None
        assert target.assigned() is None
        assert target.upkeep() == ()
        assert not target.check().ready
        assert not target.stop()

    def test_a_release_serves_once_apply_returns_and_another_visitor_sees_it(
        self, reach: Reach, single: Callable[[int], Release], bundles: BundleStore
    ) -> None:
        reach().apply(single(1), bundles)
        target = reach()
        assert target.observe() == target.assigned() == single(1)
        assert target.upkeep() == ()
        assert target.check().ready
        assert target.check().revision == "c1"
        assert "://" in target.address()

    def test_what_serves_already_can_be_applied_again(
        self, reach: Reach, single: Callable[[int], Release], bundles: BundleStore
    ) -> None:
        for _ in range(2):
            reach().apply(single(1), bundles)
        assert reach().observe() == single(1)

    def test_another_release_takes_the_place_of_the_first(
        self, reach: Reach, single: Callable[[int], Release], bundles: BundleStore
    ) -> None:
        reach().apply(single(1), bundles)
        reach().apply(single(2), bundles)
        assert reach().observe() == single(2)

    def test_a_bundle_that_is_not_there_changes_nothing(
        self, reach: Reach, single: Callable[[int], Release], bundles: BundleStore
    ) -> None:
        reach().apply(single(1), bundles)
        missing = Route(version=9, bundle="sha256:" + "9" * 64)
        with pytest.raises(TrunklineError):
            reach().apply(single(1).model_copy(update={"champion": missing, "revision": "c9"}), bundles)
        assert reach().observe() == single(1)

    def test_what_was_stopped_was_not_told_to_serve_and_can_be_started_again(
        self, reach: Reach, single: Callable[[int], Release], bundles: BundleStore
    ) -> None:
        reach().apply(single(1), bundles)
        assert reach().stop()
        assert not reach().stop()
        assert reach().observe() is None
        assert reach().assigned() is None
        reach().apply(single(1), bundles)
        assert reach().observe() == single(1)

    def test_logs_and_predictions_have_a_place_on_this_machine(self, reach: Reach) -> None:
        assert isinstance(reach().logs(), Path)
        assert isinstance(reach().predictions(), Path)

    def test_after_the_plan_was_applied_there_is_nothing_to_plan(
        self,
        reach: Reach,
        settings: TargetSettings,
        image: str,
        route: Callable[[int], Route],
        bundles: BundleStore,
        tmp_path: Path,
    ) -> None:
        none = DesiredState(environment="production", target=settings, image=image)
        desired = next_state(none, "single", challenger=route(1))
        for count in (3, 0):
            target = reach()
            made = delivery.plan(desired, target.observe(), "c1", upkeep=target.upkeep())
            assert len(made.steps) == count
            delivery.apply(
                made,
                reviewed=made.checksum,
                target=target,
                bundles=bundles,
                history=tmp_path / "history.jsonl",
            )
        assert [line.outcome for line in delivery.read_history(tmp_path / "history.jsonl")] == ["applied"]


class ExposedTargetConformance:
    """For targets that listen beyond their machine. Needs the fixtures `guarded`, `unguarded`, `released`, `bundles`.

    `guarded` is told of TLS and keys and `unguarded` of neither; both shall listen on every address. `trust` knows the
    certificate.
    """

    def test_a_caller_without_a_key_is_refused(
        self, guarded: Reach, released: Release, bundles: BundleStore, trust: ssl.SSLContext
    ) -> None:
        guarded().apply(released, bundles)
        target = guarded()
        assert target.check().ready
        assert target.check().revision == released.revision
        assert target.observe() == released
        assert target.upkeep() == ()
        assert target.address().startswith("https://")
        with httpx.Client(base_url=target.address(), verify=trust, trust_env=False) as anybody:
            asked = [anybody.post(path, json={}) for path in ("/predict", "/predict/batch", "/feedback")]
            asked += [anybody.get(path) for path in ("/metrics", "/log", "/docs", "/openapi.json")]
            assert {answer.status_code for answer in asked} == {401}
            assert anybody.get("/ready").json() == {"ready": True}

    def test_unguarded_it_does_not_begin(
        self, unguarded: Reach, released: Release, bundles: BundleStore
    ) -> None:
        with pytest.raises(PolicyError) as refused:
            unguarded().apply(released, bundles)
        assert "access" in refused.value.next_step
        assert unguarded().assigned() is None
        assert not unguarded().check().ready
