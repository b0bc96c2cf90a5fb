"""Workflows on GitHub: started, watched, and what their runs tested."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from standin import Served
from standin.github import Fault
from trunkline.core.errors import BundleError, ForgeError, UnavailableError
from trunkline.forge import Workflow
from trunkline.forge.github import GitHubForge
from trunkline.forge.github.archive import unpack

from .conftest import Commit, git

KEY = "sha256:" + "0123456789abcdef" * 4
NAME = "bundle-0123456789abcdef"


def zipped(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


GOOD = zipped({"bundle.json": "{}", "model/model.onnx": "weights"})


@pytest.fixture
def merged(github: GitHubForge, commit: Commit, work_tree: Path) -> tuple[str, str]:
    """A merged pull request: the head that was tested, and its merge commit."""
    head = commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    pull = github.propose(branch="more-trees", title="More trees", body="")
    return head, github.merge(pull.number).merge


def test_a_workflow_is_started_on_a_branch_with_its_inputs(github: GitHubForge, served: Served) -> None:
    served.github.put_workflow("retrain.yml")
    assert github.start("retrain.yml", branch="main", inputs={"reason": "drift"})
    assert github.start("retrain.yml", branch="main")
    started = [(row["workflow"], row["branch"], row["inputs"]) for row in served.github.dispatches]
    assert started == [("retrain.yml", "main", {"reason": "drift"}), ("retrain.yml", "main", {})]


def test_a_workflow_that_is_not_there_is_named(github: GitHubForge) -> None:
    with pytest.raises(ForgeError, match=r"no workflow nothing\.yml on main"):
        github.start("nothing.yml", branch="main")


def test_a_workflow_that_cannot_be_started_by_hand_is_named(
    github: GitHubForge, work_tree: Path, commit: Commit
) -> None:
    git(work_tree, "checkout", "--quiet", "main")
    (work_tree / ".github" / "workflows").mkdir(parents=True)
    commit("main", {".github/workflows/lint.yml": "on: push\n"})
    github.push(work_tree, "main")
    with pytest.raises(ForgeError, match="does not have 'workflow_dispatch' trigger"):
        github.start("lint.yml", branch="main")


def test_workflows_are_listed_with_their_state_and_newest_run(github: GitHubForge, served: Served) -> None:
    for day, conclusion in (("02", "success"), ("03", "failure"), ("01", "success")):
        served.github.put_run(
            workflow="monitor.yml",
            head_sha="a" * 40,
            conclusion=conclusion,
            created=f"2026-11-{day}T00:00:00Z",
            event="schedule",
        )
    served.github.put_workflow("heartbeat.yml", "disabled_inactivity")
    assert github.workflows() == (
        Workflow(file="heartbeat.yml", state="disabled_inactivity"),
        Workflow(
            file="monitor.yml",
            state="active",
            newest=datetime(2026, 11, 3, tzinfo=UTC),
            conclusion="failure",
            succeeded=datetime(2026, 11, 2, tzinfo=UTC),
        ),
    )


@pytest.mark.parametrize(
    ("conclusions", "ended_well"),
    [
        (("success", "skipped", "skipped"), 1),
        (("skipped", "skipped", "success"), 3),
        (("success", "skipped", "failure"), 1),
        (("skipped", "success", None), 2),
        (("skipped", "skipped", "skipped"), None),
        (("failure", "cancelled", "failure"), None),
    ],
)
def test_a_run_that_was_skipped_is_none_that_ended_well(
    github: GitHubForge, served: Served, conclusions: tuple[str | None, ...], ended_well: int | None
) -> None:
    for day, conclusion in enumerate(conclusions, 1):
        served.github.put_run(
            workflow="rollout.yml",
            head_sha="a" * 40,
            conclusion=conclusion,
            created=f"2026-11-0{day}T00:00:00Z",
            event="schedule",
        )
    (found,) = github.workflows()
    assert found.newest == datetime(2026, 11, 3, tzinfo=UTC)
    assert found.succeeded == (datetime(2026, 11, ended_well, tzinfo=UTC) if ended_well else None)
    # A look at the newest run is enough where that one ended well.
    asked = len(served.github.requests("/runs"))
    assert asked == (1 if conclusions[-1] == "success" else 2)


def test_a_run_on_another_branch_says_nothing_of_mains(github: GitHubForge, served: Served) -> None:
    for branch, day in (("main", 1), ("somebodys-try", 2)):
        served.github.put_run(
            workflow="monitor.yml",
            head_sha="a" * 40,
            conclusion="success",
            created=f"2026-11-0{day}T00:00:00Z",
            head_branch=branch,
        )
    (found,) = github.workflows()
    assert found.newest == found.succeeded == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_status_lets_a_commit_be_merged_that_no_run_of_its_pull_request_checked(
    github: GitHubForge, served: Served, commit: Commit, work_tree: Path
) -> None:
    head = commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    number = github.propose(branch="more-trees", title="More trees", body="").number
    served.github.required = "pass"
    served.github.put_run(workflow="ci.yml", head_sha=head, event="workflow_dispatch")
    with pytest.raises(ForgeError, match='Required status check "pass" is expected'):
        github.merge(number)
    description = "Not passed: " + "model " * 60
    assert github.set_status(
        head, name="pass", passed=False, description=description, run="https://github.com/a/b"
    )
    with pytest.raises(ForgeError, match='Required status check "pass" is failing'):
        github.merge(number)
    assert github.set_status(head, name="pass", passed=True, description="Everything passed")
    assert github.merge(number).state == "merged"


def test_a_status_of_a_commit_that_is_not_there_is_refused(github: GitHubForge) -> None:
    with pytest.raises(ForgeError, match="There is no commit aaaaaaaaaaaa"):
        github.set_status("a" * 40, name="pass", passed=True, description="")


def test_a_workflow_that_was_switched_off_is_enabled(github: GitHubForge, served: Served) -> None:
    served.github.put_workflow("monitor.yml", "disabled_inactivity")
    github.enable("monitor.yml")
    assert [workflow.state for workflow in github.workflows()] == ["active"]


def test_the_bundle_that_was_tested_is_unpacked(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    served.github.put_run(
        workflow="ci.yml",
        head_branch="more-trees",
        head_sha=merged[0],
        artifacts={NAME: GOOD, "report": b"x"},
    )
    folder = tmp_path / "bundle"
    assert github.tested_bundle(merged[1], KEY, folder)
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*")}
    assert found == {"bundle.json": "{}", "model/model.onnx": "weights"}


def test_a_commit_of_the_merged_branch_finds_the_bundle_too(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    assert github.tested_bundle(merged[0], KEY, tmp_path / "bundle")


def test_a_branch_that_was_proposed_elsewhere_too_has_no_tested_bundle(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    first = next(iter(served.github.threads.values()))
    served.github.threads[99] = first | {"base": "evil", "state": "closed", "merge": "", "merged_at": None}
    assert not github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


@pytest.mark.parametrize("event", ["base_ref_changed", "automatic_base_change_succeeded"])
def test_a_branch_whose_pull_request_had_another_base_once_has_no_tested_bundle(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path, event: str
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    next(iter(served.github.threads.values()))["events"] = ["labeled", event]
    assert not github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


def test_a_proposal_elsewhere_is_found_behind_a_hundred_others(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    first = next(iter(served.github.threads.values()))
    closed = first | {"state": "closed", "merge": "", "merged_at": None}
    served.github.threads[50] = closed | {"base": "evil"}
    served.github.threads.update({number: dict(closed) for number in range(100, 200)})
    assert not github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


def test_where_events_may_not_be_read_no_bundle_was_tested(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    served.github.faults.append(Fault(pattern="GET .*/events", status=403, times=9))
    assert not github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


@pytest.mark.parametrize("fork", ["", "mallory/income"])
def test_an_earlier_commit_of_what_was_merged_has_no_tested_bundle(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path, fork: str
) -> None:
    """Its own pull request counts as merged with the later one, and its workflow file may have been another."""
    first = next(iter(served.github.threads.values()))
    served.github.threads[99] = first | {"head": "half", "sha": "c" * 40}
    first["fork"] = fork
    served.github.put_run(workflow="ci.yml", head_branch="half", head_sha="c" * 40, artifacts={NAME: GOOD})
    assert not github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


@pytest.mark.parametrize(
    "arrange",
    [
        pytest.param(lambda github, head: None, id="no run at all"),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="ci.yml", head_branch="evil", head_sha=head, artifacts={NAME: GOOD}
            ),
            id="a run of another branch with the same head",
        ),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="ci.yml",
                head_branch="more-trees",
                head_sha=head,
                artifacts={"bundle-fedcba9876543210": GOOD},
            ),
            id="another key",
        ),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="ci.yml",
                head_branch="more-trees",
                head_sha=head,
                conclusion="failure",
                artifacts={NAME: GOOD},
            ),
            id="tests that failed",
        ),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="ci.yml",
                head_branch="more-trees",
                head_sha=head,
                conclusion=None,
                artifacts={NAME: GOOD},
            ),
            id="tests that still run",
        ),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="ci.yml",
                head_branch="more-trees",
                head_sha=head,
                head_repository="mallory/income",
                artifacts={NAME: GOOD},
            ),
            id="a fork's run",
        ),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="other.yml", head_branch="more-trees", head_sha=head, artifacts={NAME: GOOD}
            ),
            id="another workflow",
        ),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="ci.yml",
                head_branch="more-trees",
                head_sha=head,
                artifacts={NAME: GOOD},
                expired=True,
            ),
            id="an artifact that expired",
        ),
        pytest.param(
            lambda github, head: github.put_run(
                workflow="ci.yml", head_branch="more-trees", head_sha="b" * 40, artifacts={NAME: GOOD}
            ),
            id="another commit",
        ),
    ],
)
def test_anything_else_is_no_tested_bundle(
    github: GitHubForge,
    served: Served,
    merged: tuple[str, str],
    tmp_path: Path,
    arrange: Callable[[object, str], object],
) -> None:
    arrange(served.github, merged[0])
    assert not github.tested_bundle(merged[1], KEY, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_pull_request_from_a_fork_gives_no_bundle(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    served.github.threads[1]["fork"] = "mallory/income"
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    assert not github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


def test_a_pull_request_that_is_not_merged_gives_no_bundle(
    github: GitHubForge, served: Served, commit: Commit, work_tree: Path, tmp_path: Path
) -> None:
    head = commit("more-trees", {"model.py": "trees = 200\n"})
    github.push(work_tree, "more-trees")
    github.propose(branch="more-trees", title="More trees", body="")
    served.github.put_run(workflow="ci.yml", head_branch="more-trees", head_sha=head, artifacts={NAME: GOOD})
    assert not github.tested_bundle(head, KEY, tmp_path / "bundle")


@pytest.mark.parametrize(
    "files", [{"../outside": "x"}, {"/etc/outside": "x"}, {"a\\..\\outside": "x"}, {"C:outside": "x"}]
)
def test_an_archive_that_reaches_outside_is_refused_whole(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path, files: dict[str, str]
) -> None:
    content = zipped({"bundle.json": "{}"} | files)
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: content}
    )
    with pytest.raises(BundleError, match="leads elsewhere"):
        github.tested_bundle(merged[1], KEY, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_link_in_an_archive_is_refused(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("model")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc")
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: made.getvalue()}
    )
    with pytest.raises(BundleError, match="leads elsewhere"):
        github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


def test_an_archive_that_swells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="larger than 3 bytes"):
        unpack(io.BytesIO(GOOD), tmp_path / "bundle", what="the artifact", limit=3)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("content", [b"no zip", GOOD[:-40]])
def test_an_archive_that_is_damaged_is_named(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path, content: bytes
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: content}
    )
    with pytest.raises(BundleError, match="cannot be unpacked"):
        github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


@pytest.mark.parametrize("recorded", ["sha256:" + "0" * 64, None])
def test_an_artifact_that_is_not_what_github_recorded_is_not_unpacked(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path, recorded: str | None
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    served.github.artifacts[max(served.github.artifacts)]["digest"] = recorded
    with pytest.raises(BundleError, match="is not what GitHub recorded"):
        github.tested_bundle(merged[1], KEY, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_download_from_a_server_in_trouble_is_named(
    github: GitHubForge, served: Served, merged: tuple[str, str], tmp_path: Path
) -> None:
    served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    served.github.faults.append(Fault("GET .*/zip$", 503, times=9))
    with pytest.raises(UnavailableError, match=f"over the artifact {NAME}"):
        github.tested_bundle(merged[1], KEY, tmp_path / "bundle")


def test_the_token_is_not_sent_to_where_artifacts_lie(
    served: Served, github: GitHubForge, merged: tuple[str, str], tmp_path: Path
) -> None:
    run = served.github.put_run(
        workflow="ci.yml", head_branch="more-trees", head_sha=merged[0], artifacts={NAME: GOOD}
    )
    artifact = max(served.github.artifacts)
    headers = {"authorization": "Bearer standin-token"}
    refused = httpx.get(f"{served.url}/_files/{artifact}.zip", headers=headers)
    assert (refused.status_code, served.github.artifacts[artifact]["run"]) == (400, run)
    assert github.tested_bundle(merged[1], KEY, tmp_path / "bundle")
