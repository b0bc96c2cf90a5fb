from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, BundleError, StalePlanError, StorageError, UnavailableError
from trunkline.core.record import short
from trunkline.core.release import Deployment, Release, Route
from trunkline.delivery import (
    DesiredState,
    Health,
    LocalSettings,
    Plan,
    Step,
    apply,
    champion_alone,
    next_state,
    plan,
    read_history,
    stop,
    thrown,
)

from .conftest import MakeRoute, MakeTarget

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
NONE = DesiredState(environment="production", target=LocalSettings(port=0))
SINGLE = next_state(NONE, "single", challenger=ONE)
SILENT = next_state(SINGLE, "silent", challenger=TWO)
CANARY = next_state(SILENT, "canary", share=0.2)
STATES = (NONE, SINGLE, SILENT, CANARY, next_state(CANARY, "single"))
STORE = BundleStore(Path("nowhere"))


class Memory:
    """A target that only remembers; `trouble` is raised by the next apply."""

    def __init__(self) -> None:
        self.release: Release | None = None
        self.trouble: Exception | None = None

    def observe(self) -> Release | None:
        return self.release

    def assigned(self) -> Release | None:
        return self.release

    def upkeep(self) -> tuple[Step, ...]:
        return ()

    def apply(self, release: Release, bundles: BundleStore) -> None:
        if self.trouble:
            raise self.trouble
        self.release = release

    def check(self) -> Health:
        return Health(ready=self.release is not None, text="")

    def address(self) -> str:
        return "memory://here"

    def logs(self) -> Path:
        return Path("nowhere")

    def predictions(self) -> Path:
        return Path("nowhere")

    def stop(self) -> bool:
        stopped, self.release = self.release is not None, None
        return stopped


class Lasting(Memory):
    """A target that keeps what was applied last, for other machines."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: Deployment | None = None
        self.kept_before: Deployment | None = None
        """What was kept when the next apply began."""

    def apply(self, release: Release, bundles: BundleStore) -> None:
        self.kept_before = self.kept
        super().apply(release, bundles)

    def newest(self) -> Deployment | None:
        return self.kept

    def remember(self, deployment: Deployment | None) -> None:
        self.kept = deployment


def carry_out(made: Plan, target: Memory, history: Path) -> str:
    return apply(made, reviewed=made.checksum, target=target, bundles=STORE, history=history).outcome


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "live" / "history.jsonl"


def test_an_applied_plan_serves_and_is_remembered(history: Path) -> None:
    target = Memory()
    made = plan(SINGLE, None, "c1")
    done = apply(made, reviewed=made.checksum, target=target, bundles=STORE, history=history)
    assert target.release == SINGLE.release("c1")
    assert (done.outcome, done.revision, done.plan, done.release) == (
        "applied",
        "c1",
        made.checksum,
        target.release,
    )
    assert "load version 1" in done.detail
    assert read_history(history) == (done,)


def test_the_digits_that_people_copy_are_enough(history: Path) -> None:
    made = plan(SINGLE, None, "c1")
    apply(made, reviewed=short(made.checksum), target=Memory(), bundles=STORE, history=history)
    assert len(read_history(history)) == 1


def test_another_plan_than_the_reviewed_one_is_not_carried_out(history: Path) -> None:
    target = Memory()
    reviewed = plan(SINGLE, None, "c1").checksum
    for other in (plan(next_state(NONE, "single", challenger=TWO), None, "c1"), plan(NONE, None, "c1")):
        with pytest.raises(StalePlanError, match="not the one that was reviewed"):
            apply(other, reviewed=reviewed, target=target, bundles=STORE, history=history)
    assert target.release is None
    assert read_history(history) == ()


def test_a_plan_from_another_start_is_not_carried_out(history: Path) -> None:
    target = Memory()
    target.release = SILENT.release("c1")
    made = plan(SILENT, SINGLE.release("c0"), "c2")
    with pytest.raises(StalePlanError, match="Something else serves"):
        apply(made, reviewed=made.checksum, target=target, bundles=STORE, history=history)
    assert target.release == SILENT.release("c1")


def test_an_empty_plan_does_nothing_and_leaves_no_trace(history: Path) -> None:
    made = plan(SINGLE, SINGLE.release("c1"), "c2")
    done = apply(made, reviewed=made.checksum, target=Memory(), bundles=STORE, history=history)
    assert (done.outcome, done.detail) == ("applied", "nothing to do")
    assert not history.parent.exists()


@pytest.mark.parametrize("trouble", [ApplyError("it broke"), UnavailableError("port"), BundleError("bad")])
def test_a_failure_is_remembered_as_gone_back_and_raised_as_it_is(history: Path, trouble: Exception) -> None:
    target = Memory()
    target.trouble = trouble
    made = plan(SINGLE, None, "c1")
    with pytest.raises(type(trouble)):
        apply(made, reviewed=made.checksum, target=target, bundles=STORE, history=history)
    (line,) = read_history(history)
    assert (line.outcome, line.detail) == ("went back", str(trouble))


def test_the_kill_switch_is_known_to_the_target_before_it_is_thrown(history: Path) -> None:
    target, wanted = Lasting(), CANARY.release("c1")
    carry_out(plan(CANARY, None, "c1"), target, history)
    first = target.kept
    assert thrown((first,) if first else (), wanted) is None
    made = plan(champion_alone(CANARY), target.observe(), "c1")

    def throw() -> Deployment:
        return apply(
            made,
            reviewed=made.checksum,
            target=target,
            bundles=STORE,
            history=history,
            instead_of=wanted,
        )

    target.trouble = ApplyError("no")
    with pytest.raises(ApplyError):
        throw()
    assert target.kept_before
    assert target.kept_before.instead_of == wanted
    assert target.kept == first
    target.trouble = None
    assert throw() == target.kept
    assert thrown((target.kept,), wanted) == target.kept
    # Another machine, whose history is another.
    carry_out(plan(CANARY, target.observe(), "c1"), target, history.with_name("other.jsonl"))
    assert target.kept.instead_of is None


def test_a_desired_state_of_nothing_stops_the_service(history: Path) -> None:
    target = Memory()
    target.release = SINGLE.release("c1")
    assert carry_out(plan(NONE, target.release, "c2"), target, history) == "stopped"
    assert target.release is None
    assert read_history(history)[-1].release is None


def test_stopping_by_hand_is_remembered_once(history: Path) -> None:
    target = Memory()
    target.release = SINGLE.release("c1")
    assert stop("production", target=target, history=history) is True
    assert stop("production", target=target, history=history) is False
    (line,) = read_history(history)
    assert (line.outcome, line.revision, line.detail) == ("stopped", "c1", "by hand")


def test_a_torn_last_line_is_passed_over_and_then_replaced(history: Path) -> None:
    target = Memory()
    carry_out(plan(SINGLE, None, "c1"), target, history)
    with history.open("a") as stream:
        stream.write('{"schema": "trunkline/depl')
    assert len(read_history(history)) == 1
    carry_out(plan(SILENT, target.release, "c2"), target, history)
    assert [line.revision for line in read_history(history)] == ["c1", "c2"]


def test_a_damaged_line_in_the_middle_is_an_error_with_the_file_in_it(history: Path) -> None:
    history.parent.mkdir(parents=True)
    history.write_text("nonsense\n")
    with pytest.raises(StorageError, match=r"history\.jsonl, line 1 is not JSON"):
        read_history(history)


def test_history_lines_say_what_they_are(history: Path) -> None:
    carry_out(plan(SINGLE, None, "c1"), Memory(), history)
    assert json.loads(history.read_text())["schema"] == "trunkline/deployment/1"


HOLD = """
import sys
from pathlib import Path
from trunkline.core.lock import only_one
with only_one(Path(sys.argv[1]), "An apply"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_applies_at_once_are_one_too_many_and_a_killed_one_leaves_no_lock(history: Path) -> None:
    made = plan(SINGLE, None, "c1")
    command = [sys.executable, "-c", HOLD, str(history.with_suffix(".lock"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UnavailableError, match=f"at work already, as process {other.pid}"):
            carry_out(made, Memory(), history)
        other.kill()
    assert carry_out(made, Memory(), history) == "applied"


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="Cannot write"):
        carry_out(plan(SINGLE, None, "c1"), Memory(), tmp_path / "file" / "history.jsonl")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(walk=st.lists(st.sampled_from(STATES), min_size=1, max_size=5))
def test_after_any_walk_of_applies_the_plan_is_empty(history: Path, walk: list[DesiredState]) -> None:
    target = Memory()
    for number, desired in enumerate(walk):
        carry_out(plan(desired, target.observe(), f"c{number}"), target, history)
        assert plan(desired, target.observe(), "another").steps == ()


def test_the_whole_rollout_on_a_real_process(
    make_target: MakeTarget, route: MakeRoute, bundles: BundleStore
) -> None:
    target = make_target()
    past = target.folder / "history.jsonl"
    first = next_state(NONE, "single", challenger=route(1))
    silent = next_state(first, "silent", challenger=route(2))
    canary = next_state(silent, "canary", share=0.2)
    bad = next_state(first, "single", challenger=route(60))

    def deploy(desired: DesiredState, revision: str) -> Plan:
        made = plan(desired, target.observe(), revision, upkeep=target.upkeep())
        apply(made, reviewed=made.checksum, target=target, bundles=bundles, history=past)
        return plan(desired, target.observe(), revision, upkeep=target.upkeep())

    states = (first, silent, canary, next_state(canary, "single"), first)
    for number, desired in enumerate(states, start=1):
        assert deploy(desired, f"c{number}").steps == ()
    with pytest.raises(ApplyError):
        deploy(bad, "c6")
    assert target.observe() == first.release("c5")
    stopped = plan(NONE, target.observe(), "c7")
    apply(stopped, reviewed=stopped.checksum, target=target, bundles=bundles, history=past)
    assert [line.outcome for line in read_history(past)] == ["applied"] * 5 + ["went back", "stopped"]
    assert target.observe() is None


def test_a_target_keeps_since_when_its_stage_lasts_whichever_machine_deploys_again(tmp_path: Path) -> None:
    target = Lasting()
    carry_out(plan(CANARY, None, "c1"), target, tmp_path / "one" / "history.jsonl")
    began = target.kept
    assert began
    target.release = None  # it died, and is deployed again
    carry_out(plan(CANARY, None, "c2"), target, tmp_path / "two" / "history.jsonl")
    assert target.kept
    assert (target.kept.revision, target.kept.since) == ("c2", began.time)
    carry_out(
        plan(champion_alone(CANARY), target.observe(), "c3"), target, tmp_path / "two" / "history.jsonl"
    )
    assert target.kept.since == target.kept.time
