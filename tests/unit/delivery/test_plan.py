from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline.core.release import Release, Route
from trunkline.delivery import DesiredState, LocalSettings, Plan, Step, next_state, plan

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
NONE = DesiredState(environment="production", target=LocalSettings(port=0))
SINGLE = next_state(NONE, "single", challenger=ONE)
SILENT = next_state(SINGLE, "silent", challenger=TWO)
CANARY = next_state(SILENT, "canary", share=0.2)
PROMOTED = next_state(CANARY, "single")
RESTART = Step(kind="restart", text="the service: port")


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


@st.composite
def states(draw: st.DrawFn) -> DesiredState:
    """Any coherent desired state over four bundles."""
    routes = draw(st.permutations([Route(version=n, bundle=f"sha256:{n:064d}") for n in range(1, 5)]))
    strategy = draw(st.sampled_from(["none", "single", "silent", "canary"]))
    return DesiredState.model_validate(
        {
            "environment": "production",
            "target": {"kind": "local", "port": 0},
            "strategy": strategy,
            "champion": None if strategy == "none" else routes[0],
            "challenger": routes[1] if strategy in ("silent", "canary") else None,
            "share": draw(st.floats(0.01, 0.99)) if strategy == "canary" else 0.0,
            "salt": draw(st.sampled_from(["a", "b"])),
        }
    )


def test_a_first_release_loads_starts_and_routes() -> None:
    made = plan(SINGLE, None, "c1")
    assert kinds(made) == ["load", "start", "route"]
    assert made.release == SINGLE.release("c1")


def test_a_challenger_is_loaded_and_nothing_restarts() -> None:
    assert kinds(plan(SILENT, SINGLE.release("c1"), "c2")) == ["load", "route"]


def test_growing_into_a_canary_changes_the_route_only() -> None:
    made = plan(CANARY, SILENT.release("c1"), "c2")
    assert kinds(made) == ["route"]
    assert made.steps[0].text == "version 2 answers 20 % of users, version 1 the others"


def test_promotion_drops_the_old_champion() -> None:
    made = plan(PROMOTED, CANARY.release("c1"), "c2")
    assert kinds(made) == ["route", "drop"]
    assert "version 1" in made.steps[1].text


def test_nothing_desired_stops_what_serves_and_only_that() -> None:
    assert kinds(plan(NONE, SINGLE.release("c1"), "c2", upkeep=(RESTART,))) == ["stop"]
    assert plan(NONE, None, "c2").steps == ()


def test_another_revision_alone_is_no_change() -> None:
    assert plan(CANARY, CANARY.release("c1"), "c2").steps == ()


def test_upkeep_is_part_of_the_plan_and_pointless_where_the_service_starts_anyway() -> None:
    assert kinds(plan(SINGLE, SINGLE.release("c1"), "c2", upkeep=(RESTART,))) == ["restart"]
    assert "restart" not in kinds(plan(SINGLE, None, "c2", upkeep=(RESTART,)))


def test_the_checksum_outlives_another_commit_and_nothing_else() -> None:
    reviewed = plan(CANARY, SILENT.release("c1"), "c2")
    assert plan(CANARY, SILENT.release("c9"), "c3").checksum == reviewed.checksum
    more = next_state(SILENT, "canary", share=0.3)
    for other in (
        plan(more, SILENT.release("c1"), "c2"),
        plan(CANARY, SINGLE.release("c1"), "c2"),
        plan(CANARY, SILENT.release("c1"), "c2", upkeep=(RESTART,)),
    ):
        assert other.checksum != reviewed.checksum


def test_the_text_names_steps_and_checksum_or_says_that_there_is_nothing() -> None:
    made = plan(SILENT, SINGLE.release("c1"), "c2")
    assert made.text().splitlines() == [
        f"Plan for production ({made.checksum[7:19]}):",
        "  load    version 2 (222222222222)",
        "  route   version 1 answers everyone, version 2 sees every request in silence",
    ]
    assert plan(NONE, None, "c").text() == "production: nothing to do."


def test_a_plan_survives_being_handed_on_as_a_file() -> None:
    made = plan(CANARY, SILENT.release("c1"), "c2")
    again = Plan.from_dict(made.to_dict(), origin="plan.json")
    assert again == made
    assert again.checksum == made.checksum


@given(states(), states())
def test_carrying_out_a_plan_leaves_nothing_to_do(before: DesiredState, desired: DesiredState) -> None:
    made = plan(desired, before.release("c1"), "c2")
    after: Release | None = made.release if made.steps else before.release("c1")
    assert plan(desired, after, "c3").steps == ()


@given(states(), states())
def test_a_plan_is_empty_exactly_when_both_serve_alike(before: DesiredState, desired: DesiredState) -> None:
    same = before.release("c") == desired.release("c")
    assert (plan(desired, before.release("c1"), "c2").steps == ()) is same


def test_another_image_is_a_step_and_the_way_back_is_one_too() -> None:
    digest = "ghcr.io/acme/loans@sha256:" + "3" * 64
    imaged = SINGLE.in_image(digest)
    made = plan(imaged, SINGLE.release("a"), "b")
    assert (made.steps[0].kind, made.steps[0].text) == ("image", digest)
    assert kinds(plan(SINGLE, imaged.release("b"), "c")) == ["image", "route"]
