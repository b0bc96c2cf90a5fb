"""Report: what the jobs of a run said, as the one comment that its pull request keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trunkline.core.errors import PolicyError
from trunkline.core.project import Project
from trunkline.core.reading import parse_json, read_text
from trunkline.forge import PullRequest, open_forge

MARKER = "trunkline-report"
"""The sticky comment."""
LIMIT = 65_000
"""Characters that a comment may have; GitHub refuses more than 65,536."""
SIGNS = {"success": "passed", "failure": "**failed**", "cancelled": "cancelled", "skipped": "not needed"}
POSTPONED = (
    "**No gate was asked here: the rows can be read on main alone** (`data.rows`). A retraining was judged before"
    " its pull request was opened. Any other change is judged after the merge by release.yml, which proposes nothing"
    " that a gate stops."
)
GUARDED = "guarded"
"""The job that judges the model on rows behind a secret, where that is not the job `model`."""
UNSAID = ("tiers", "report", "pass")
"""Jobs that no reader of the pull request asks about."""


def results_of(text: str) -> dict[str, str]:
    """Return job names with their results from the JSON of a workflow's `needs`.

    Raises PolicyError when it is none.
    """
    advice = "pass them as the workflow does: ${{ toJSON(needs) }}"
    needs = parse_json(text or "{}", origin="The value of --needs", error=PolicyError, next_step=advice)
    try:
        found = {str(name): str(job["result"]) for name, job in needs.items()}
    except (TypeError, KeyError, AttributeError) as error:
        raise PolicyError(
            "The jobs' results are not the JSON of a workflow's `needs`.", value=text, next_step=advice
        ) from error
    # Which of two jobs judged the model is told by where its rows lie.
    guarded = found.pop(GUARDED, "skipped")
    return found if guarded == "skipped" else found | {"model": guarded}


def postponed(text: str) -> bool:
    """Return whether the JSON of a workflow's `needs` says that a model changed, and its rows are on main alone."""
    needs = parse_json(text or "{}", origin="The value of --needs", error=PolicyError)
    tiers = needs.get("tiers") if isinstance(needs, dict) else None
    outputs = tiers.get("outputs") if isinstance(tiers, dict) else None
    return isinstance(outputs, dict) and (outputs.get("model"), outputs.get("rows")) == ("true", "main")


def compose(results: Mapping[str, str], folder: Path, *, run: str = "", later: bool = False) -> str:
    """Return the comment: a line a job, then the plan and the gates' report where `folder` has them.

    `later` says that the model is judged on main.
    """
    # What was skipped for another job's failure was needed.
    signs = SIGNS | ({"skipped": "not run"} if "failure" in results.values() else {})
    said = {name: signs.get(result, result) for name, result in results.items() if name not in UNSAID}
    said |= {"model": "judged on main"} if later else {}
    lines = [f"| {name} | {sign} |" for name, sign in said.items()]
    parts = ["\n".join(["| job | result |", "|---|---|", *lines])] if lines else []
    parts += [POSTPONED] if later else []
    for name in ("plan.md", "report/report.md"):
        path = folder / name
        if path.is_file():
            parts.append(read_text(path).strip())
    text = "\n\n".join(parts)
    if len(text) > LIMIT:
        text = text[:LIMIT].rpartition("\n")[0]
        # What is cut inside a fold would swallow all that follows.
        text += "\n\n</details>" * (text.count("<details>") - text.count("</details>"))
        text += "\n\n… cut; the run has all of it."
    whole = f"[The whole run]({run}), with the report as a page among its artifacts."
    return f"{text}\n\n{whole}" if run else text


def report(
    project: Project, folder: Path, *, needs: str, number: int = 0, branch: str = "", run: str = ""
) -> PullRequest | None:
    """Keep the comment on pull request `number`, else on the open one of `branch`; None when it has none.

    A run that had nothing to do writes no comment, but what an earlier one said is no longer true, and is replaced.
    """
    forge = open_forge(project)
    pull = forge.pull_request(number) if number else forge.proposed(branch)
    if pull is None:
        return None
    results, later = results_of(needs), postponed(needs)
    if (
        not (later or pull.moved)
        and results
        and all(result == "skipped" for name, result in results.items() if name not in UNSAID)
    ):
        said = forge.pull_request(pull.number).comments
        if not any(comment.marker == MARKER for comment in said):
            return None
    return forge.comment_pull_request(
        pull.number, compose(results, folder, run=run, later=later), marker=MARKER
    )
