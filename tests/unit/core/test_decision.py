from __future__ import annotations

import pytest

from trunkline.core.bundle import BundleManifest
from trunkline.core.decision import Decision
from trunkline.core.lineage import Lineage

LINEAGE = Lineage(
    commit="c",
    snapshot="s",
    training_key="t",
    code="c",
    policy="p",
    lock="l",
    toolkit="0",
    candidate="m",
    settings={},
)
DECISION = Decision(positive="yes", threshold=0.3, reason="The policy says so.")


@pytest.mark.parametrize("classes", [("no", "yes"), ("yes", "no")])
def test_the_positive_class_is_the_answer_from_the_threshold_on(classes: tuple[str, str]) -> None:
    assert DECISION.labels([0.29, 0.3, 0.31], classes) == ["no", "yes", "yes"]


def manifest(decision: Decision | None) -> BundleManifest:
    return BundleManifest(
        name="n", runtime="onnx", model="m", decision=decision, figures=(), lineage=LINEAGE, files={}
    )


def test_a_bundle_s_digest_covers_its_threshold_and_without_one_stays_what_it_was() -> None:
    plain, low, high = (
        manifest(decision).canonical()
        for decision in (None, DECISION, DECISION.model_copy(update={"threshold": 0.4}))
    )

    assert len({plain, low, high}) == 3
    assert b"decision" not in plain
    assert BundleManifest.from_dict(manifest(DECISION).to_dict(), origin="here") == manifest(DECISION)
