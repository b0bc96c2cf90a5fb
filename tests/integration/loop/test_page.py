"""The page tells an environment's history as it was."""

from __future__ import annotations

from datetime import UTC, datetime

from trunkline.core.line_log import append
from trunkline.core.project import Project
from trunkline.core.release import Deployment, Release, Route
from trunkline.loop.life import page

BROKE = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_a_failed_apply_is_no_rollback_and_has_its_reason_and_date(project: Project) -> None:
    release = Release(
        environment="production",
        revision="abc",
        strategy="single",
        champion=Route(version=1, bundle=f"sha256:{'1' * 64}"),
    )
    made = Deployment(
        time=BROKE,
        environment="production",
        revision="abc",
        plan="",
        release=release,
        outcome="went back",
        detail="The port <8080> is taken.",
    )
    append(project.live("production") / "history.jsonl", [made])
    shown = page.render_page(project, "production")
    assert "went back" not in shown
    assert "failed" in shown
    assert "The port &lt;8080&gt; is taken." in shown
    assert "2026-03-04 05:06:07" in shown
