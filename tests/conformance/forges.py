"""The suite of forges: subclass it, and give the fixtures `forge` and what changes its main branch."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.errors import ForgeError
from trunkline.forge import OWN_LABEL, Forge, PullRequest

Commit = Callable[[str, dict[str, str]], str]
OnMain = Callable[[str], str]


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class ForgeConformance:
    """Needs the fixtures `forge`, `work_tree` (a clone of its main branch), `commit` and `on_main`."""

    @pytest.fixture
    def proposed(self, forge: Forge, commit: Commit, work_tree: Path) -> PullRequest:
        commit("more-trees", {"model.py": "trees = 200\n"})
        forge.push(work_tree, "more-trees")
        return forge.propose(branch="more-trees", title="More trees", body="Better.", labels=("promotion",))

    def test_pushing_returns_the_commit_and_pushing_again_changes_nothing(
        self, forge: Forge, commit: Commit, work_tree: Path
    ) -> None:
        made = commit("more-trees", {"model.py": "trees = 200\n"})
        assert forge.push(work_tree, "more-trees") == made
        assert forge.push(work_tree, "more-trees") == made

    def test_a_branch_that_was_started_afresh_replaces_its_old_self(
        self, forge: Forge, commit: Commit, work_tree: Path, on_main: OnMain
    ) -> None:
        commit("more-trees", {"model.py": "trees = 200\n"})
        forge.push(work_tree, "more-trees")
        git(work_tree, "checkout", "--quiet", "-B", "more-trees", "origin/main")
        commit("more-trees", {"model.py": "trees = 300\n"})
        forge.push(work_tree, "more-trees")
        forge.merge(forge.propose(branch="more-trees", title="More", body="").number)
        assert on_main("model.py") == "trees = 300"

    def test_commits_that_somebody_else_pushed_to_a_branch_are_not_lost(
        self, forge: Forge, proposed: PullRequest, commit: Commit, work_tree: Path, on_main: OnMain
    ) -> None:
        git(work_tree, "config", "user.email", "grace@example.org")
        commit("more-trees", {"policy.yaml": "floor: 0.7\n"})
        forge.push(work_tree, "more-trees")
        git(work_tree, "config", "user.email", "ada@example.org")
        git(work_tree, "checkout", "--quiet", "-B", "more-trees", "origin/main")
        commit("more-trees", {"model.py": "trees = 300\n"})
        with pytest.raises(ForgeError, match=r"commits by grace@example\.org that yours lacks"):
            forge.push(work_tree, "more-trees")
        forge.merge(proposed.number)
        assert (on_main("model.py"), on_main("policy.yaml")) == ("trees = 200", "floor: 0.7")

    def test_a_work_tree_that_is_behind_does_not_take_a_branch_back(
        self, forge: Forge, proposed: PullRequest, commit: Commit, work_tree: Path
    ) -> None:
        commit("more-trees", {"policy.yaml": "floor: 0.7\n"})
        newest = forge.push(work_tree, "more-trees")
        git(work_tree, "reset", "--quiet", "--hard", "HEAD~1")
        with pytest.raises(ForgeError, match="has commits that yours lacks") as caught:
            forge.push(work_tree, "more-trees")
        assert "git pull" in caught.value.next_step
        git(work_tree, "reset", "--quiet", "--hard", newest)
        assert forge.push(work_tree, "more-trees") == newest

    def test_main_never_moves_backward(self, forge: Forge, work_tree: Path, on_main: OnMain) -> None:
        git(work_tree, "checkout", "--quiet", "main")
        git(work_tree, "commit", "--quiet", "--amend", "--message", "Another first")
        (work_tree / "model.py").write_text("trees = 1\n")
        git(work_tree, "commit", "--quiet", "--all", "--message", "Few trees")
        with pytest.raises(ForgeError, match="push"):
            forge.push(work_tree, "main")
        assert on_main("model.py") == "trees = 100"

    def test_pushing_a_branch_that_does_not_exist_is_refused(self, forge: Forge, work_tree: Path) -> None:
        with pytest.raises(ForgeError, match="no branch nowhere"):
            forge.push(work_tree, "nowhere")

    def test_a_proposal_is_open_and_reads_as_it_was_written(
        self, forge: Forge, proposed: PullRequest
    ) -> None:
        read = forge.pull_request(proposed.number)
        assert read == proposed
        assert (read.title, read.body, read.branch, read.base) == (
            "More trees",
            "Better.",
            "more-trees",
            "main",
        )
        assert (read.state, read.labels, read.merge, read.closed) == ("open", ("promotion",), "", None)

    def test_proposing_a_branch_again_renews_the_open_pull_request(
        self, forge: Forge, proposed: PullRequest
    ) -> None:
        again = forge.propose(
            branch="more-trees", title="Many more trees", body="Measured.", labels=("urgent",)
        )
        assert again.number == proposed.number
        assert (again.title, again.body) == ("Many more trees", "Measured.")
        assert set(again.labels) == {"promotion", "urgent"}
        assert forge.pull_requests() == (again,)

    def test_an_unknown_branch_cannot_be_proposed(self, forge: Forge) -> None:
        with pytest.raises(ForgeError, match="no branch nowhere"):
            forge.propose(branch="nowhere", title="Nothing", body="")

    def test_a_branch_without_commits_of_its_own_cannot_be_proposed(
        self, forge: Forge, work_tree: Path
    ) -> None:
        git(work_tree, "branch", "same")
        forge.push(work_tree, "same")
        with pytest.raises(ForgeError, match="no commits between main and same"):
            forge.propose(branch="same", title="Nothing", body="")
        with pytest.raises(ForgeError, match="no commits between main and main"):
            forge.propose(branch="main", title="Nothing", body="")
        assert forge.pull_requests() == ()

    def test_merging_makes_a_merge_commit_whose_second_parent_is_the_branch(
        self, forge: Forge, proposed: PullRequest, work_tree: Path, on_main: OnMain
    ) -> None:
        merged = forge.merge(proposed.number)
        assert merged.state == "merged"
        assert merged.closed is not None
        assert on_main("model.py") == "trees = 200"
        assert git(work_tree, "rev-parse", "origin/main") == merged.merge
        assert git(work_tree, "rev-parse", "origin/main^2") == git(work_tree, "rev-parse", "more-trees")
        subject = git(work_tree, "log", "-1", "--format=%s", merged.merge)
        assert subject == f"Merge pull request #{proposed.number}: More trees"

    def test_merging_leaves_the_work_tree_alone(
        self, forge: Forge, proposed: PullRequest, work_tree: Path
    ) -> None:
        git(work_tree, "checkout", "--quiet", "main")
        (work_tree / "model.py").write_text("not committed\n")
        forge.merge(proposed.number)
        assert (work_tree / "model.py").read_text() == "not committed\n"
        assert git(work_tree, "branch", "--show-current") == "main"

    def test_what_needs_nothing_more_merges_itself_or_is_said_to_need_a_person(
        self, forge: Forge, proposed: PullRequest, work_tree: Path, on_main: OnMain
    ) -> None:
        head = git(work_tree, "rev-parse", "more-trees")
        why = forge.merge_when_ready(proposed.number, head=head)
        merged = forge.pull_request(proposed.number).state == "merged"
        assert merged == (not why)
        assert (on_main("model.py") == "trees = 200") == merged

    def test_what_somebody_pushed_after_the_judgement_does_not_merge_itself(
        self, forge: Forge, proposed: PullRequest, commit: Commit, work_tree: Path, on_main: OnMain
    ) -> None:
        judged = git(work_tree, "rev-parse", "more-trees")
        commit("more-trees", {"model.py": "trees = 666\n"})
        forge.push(work_tree, "more-trees")
        assert "another commit" in forge.merge_when_ready(proposed.number, head=judged)
        assert forge.pull_request(proposed.number).state == "open"
        assert on_main("model.py") != "trees = 666"

    def test_what_shall_wait_for_a_person_still_can_be_merged_by_one(
        self, forge: Forge, proposed: PullRequest
    ) -> None:
        forge.hold(proposed.number)
        forge.hold(proposed.number)
        assert forge.pull_request(proposed.number).state == "open"
        assert forge.merge(proposed.number).state == "merged"

    def test_merging_twice_returns_the_same_pull_request(self, forge: Forge, proposed: PullRequest) -> None:
        assert forge.merge(proposed.number) == forge.merge(proposed.number)

    def test_a_conflict_is_refused_with_the_names_of_the_files_and_changes_nothing(
        self, forge: Forge, proposed: PullRequest, commit: Commit, work_tree: Path, on_main: OnMain
    ) -> None:
        commit("fewer-trees", {"model.py": "trees = 50\n", "policy.yaml": "floor: 0.7\n"})
        forge.push(work_tree, "fewer-trees")
        other = forge.propose(branch="fewer-trees", title="Fewer", body="")
        forge.merge(proposed.number)
        with pytest.raises(ForgeError, match=r"conflicts with main in model\.py\."):
            forge.merge(other.number)
        assert forge.pull_request(other.number).state == "open"
        assert on_main("model.py") == "trees = 200"

    def test_changes_of_different_files_merge_together(
        self, forge: Forge, proposed: PullRequest, commit: Commit, work_tree: Path, on_main: OnMain
    ) -> None:
        commit("stricter", {"policy.yaml": "floor: 0.7\n"})
        forge.push(work_tree, "stricter")
        other = forge.propose(branch="stricter", title="Stricter", body="")
        forge.merge(proposed.number)
        forge.merge(other.number)
        assert (on_main("model.py"), on_main("policy.yaml")) == ("trees = 200", "floor: 0.7")

    def test_a_revert_of_a_merge_is_a_change_like_any_other(
        self, forge: Forge, proposed: PullRequest, work_tree: Path, on_main: OnMain
    ) -> None:
        merged = forge.merge(proposed.number)
        git(work_tree, "fetch", "--quiet", "origin")
        git(work_tree, "checkout", "--quiet", "-b", "regret", "origin/main")
        git(work_tree, "revert", "--no-edit", "-m", "1", merged.merge)
        forge.push(work_tree, "regret")
        forge.merge(forge.propose(branch="regret", title="Regret", body="").number)
        assert on_main("model.py") == "trees = 100"

    def test_a_branch_may_be_proposed_again_after_its_merge(
        self, forge: Forge, proposed: PullRequest, commit: Commit, work_tree: Path
    ) -> None:
        forge.merge(proposed.number)
        commit("more-trees", {"model.py": "trees = 400\n"})
        forge.push(work_tree, "more-trees")
        again = forge.propose(branch="more-trees", title="Still more", body="")
        assert again.number != proposed.number
        assert again.state == "open"

    def test_closing_does_not_merge_and_a_closed_one_is_not_merged(
        self, forge: Forge, proposed: PullRequest, on_main: OnMain
    ) -> None:
        closed = forge.close_pull_request(proposed.number, comment="Not now.")
        assert closed.state == "closed"
        assert [comment.body for comment in closed.comments] == ["Not now."]
        assert forge.close_pull_request(proposed.number, comment="Not now.") == closed
        with pytest.raises(ForgeError, match="is closed"):
            forge.merge(proposed.number)
        assert on_main("model.py") == "trees = 100"

    def test_a_merged_pull_request_cannot_be_closed(self, forge: Forge, proposed: PullRequest) -> None:
        forge.merge(proposed.number)
        with pytest.raises(ForgeError, match="is merged"):
            forge.close_pull_request(proposed.number)

    def test_pull_requests_are_found_by_state_and_label(
        self, forge: Forge, proposed: PullRequest, commit: Commit, work_tree: Path
    ) -> None:
        forge.merge(proposed.number)
        commit("stricter", {"policy.yaml": "floor: 0.7\n"})
        forge.push(work_tree, "stricter")
        other = forge.propose(branch="stricter", title="Stricter", body="", labels=("retraining",))
        assert [pull.number for pull in forge.pull_requests()] == [proposed.number, other.number]
        assert [pull.number for pull in forge.pull_requests(state="open")] == [other.number]
        assert [pull.number for pull in forge.pull_requests(label="promotion")] == [proposed.number]
        assert forge.pull_requests(state="open", label="promotion") == ()

    def test_a_comment_with_a_marker_is_replaced_and_others_pile_up(
        self, forge: Forge, proposed: PullRequest
    ) -> None:
        forge.comment_pull_request(proposed.number, "report 1", marker="report")
        forge.comment_pull_request(proposed.number, "looks good")
        forge.comment_pull_request(proposed.number, "looks good")
        forge.comment_pull_request(proposed.number, "report 2", marker="report")
        bodies = [comment.body for comment in forge.pull_request(proposed.number).comments]
        assert bodies == ["report 2", "looks good", "looks good"]

    def test_issues_and_pull_requests_share_their_numbers(self, forge: Forge, proposed: PullRequest) -> None:
        issue = forge.open_issue(fingerprint="production/data", title="Drift", body="")
        assert issue.number != proposed.number
        with pytest.raises(ForgeError, match=f"no pull request #{issue.number}"):
            forge.pull_request(issue.number)
        with pytest.raises(ForgeError, match=f"no issue #{proposed.number}"):
            forge.issue(proposed.number)

    def test_an_open_issue_of_the_same_fingerprint_is_returned_unchanged(self, forge: Forge) -> None:
        first = forge.open_issue(
            fingerprint="production/data", title="Drift", body="age", labels=("trunkline",)
        )
        again = forge.open_issue(
            fingerprint="production/data", title="More drift", body="all", labels=("other",)
        )
        assert again == first
        assert forge.issues() == (first,)

    def test_another_fingerprint_opens_another_issue(self, forge: Forge) -> None:
        first = forge.open_issue(fingerprint="production/data", title="Drift", body="")
        second = forge.open_issue(fingerprint="staging/data", title="Drift", body="")
        assert forge.issues(fingerprint="staging/data") == (second,)
        assert [issue.number for issue in forge.issues()] == [first.number, second.number]

    def test_issues_without_a_fingerprint_are_never_taken_for_each_other(self, forge: Forge) -> None:
        numbers = {forge.open_issue(fingerprint="", title="Question", body="").number for _ in range(2)}
        assert len(numbers) == 2

    def test_a_closed_issue_is_reopened_with_a_comment_and_the_new_labels(self, forge: Forge) -> None:
        first = forge.open_issue(fingerprint="production/data", title="Drift", body="age", labels=("mild",))
        forge.close_issue(first.number, comment="Gone.")
        again = forge.open_issue(
            fingerprint="production/data", title="Drift", body="colour", labels=("severe",)
        )
        assert (again.number, again.state, again.closed) == (first.number, "open", None)
        assert set(again.labels) == {"severe", OWN_LABEL}
        assert again.comments[0].body == "Gone."
        assert "colour" in again.comments[1].body
        assert len(again.comments) == 2

    def test_closing_an_issue_twice_leaves_one_comment(self, forge: Forge) -> None:
        issue = forge.open_issue(fingerprint="production/data", title="Drift", body="")
        closed = forge.close_issue(issue.number, comment="Gone.")
        assert closed.state == "closed"
        assert closed.closed is not None
        assert forge.close_issue(issue.number, comment="Gone.") == closed
        assert forge.issues(state="open") == ()
        assert [issue.number for issue in forge.issues(state="closed")] == [issue.number]

    def test_issue_comments_with_a_marker_are_replaced(self, forge: Forge) -> None:
        number = forge.open_issue(fingerprint="production/data", title="Drift", body="").number
        forge.comment_issue(number, "day 1", marker="latest")
        forge.comment_issue(number, "day 2", marker="latest")
        assert [comment.body for comment in forge.issue(number).comments] == ["day 2"]

    def test_labelling_gives_an_issue_exactly_these_labels(self, forge: Forge) -> None:
        number = forge.open_issue(fingerprint="f", title="Drift", body="", labels=("a", "b")).number
        forge.label_issue(number, ("b", "c"))
        assert set(forge.issue(number).labels) == {"b", "c", OWN_LABEL}

    def test_the_open_pull_request_of_a_branch_is_found(self, forge: Forge, proposed: PullRequest) -> None:
        found = forge.proposed("more-trees")
        assert found is not None
        assert found.number == proposed.number
        assert forge.proposed("nowhere") is None
        forge.merge(proposed.number)
        assert forge.proposed("more-trees") is None

    def test_a_forge_without_runs_has_no_tested_bundle_and_no_workflows(
        self, forge: Forge, proposed: PullRequest, tmp_path: Path
    ) -> None:
        merged = forge.merge(proposed.number)
        assert forge.workflows() == ()
        assert not forge.tested_bundle(merged.merge, "sha256:" + "0" * 64, tmp_path / "bundle")
        assert not forge.tested_bundle("f" * 40, "sha256:" + "0" * 64, tmp_path / "bundle")

    def test_every_issue_bears_the_forges_label(self, forge: Forge) -> None:
        issue = forge.open_issue(fingerprint="f", title="Drift", body="")
        assert issue.labels == (OWN_LABEL,)
        assert forge.label_issue(issue.number, ()).labels == (OWN_LABEL,)

    def test_an_issue_is_pinned_and_taken_down_however_often(self, forge: Forge) -> None:
        number = forge.open_issue(fingerprint="f", title="Drift", body="").number
        for pinned in (True, True, False, False):
            forge.pin_issue(number, pinned=pinned)
        assert forge.issue(number).title == "Drift"

    @pytest.mark.parametrize(
        "act",
        [
            lambda forge: forge.merge(99),
            lambda forge: forge.pull_request(99),
            lambda forge: forge.close_pull_request(99),
            lambda forge: forge.comment_pull_request(99, "hello"),
            lambda forge: forge.issue(99),
            lambda forge: forge.close_issue(99),
            lambda forge: forge.comment_issue(99, "hello"),
            lambda forge: forge.label_issue(99, ()),
            lambda forge: forge.pin_issue(99),
        ],
    )
    def test_what_does_not_exist_is_refused_by_its_number(
        self, forge: Forge, act: Callable[[Forge], object]
    ) -> None:
        with pytest.raises(ForgeError, match="#99"):
            act(forge)
