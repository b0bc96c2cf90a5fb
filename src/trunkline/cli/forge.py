"""The verbs of the forge: set it up, pull requests, issues."""

from __future__ import annotations

import html
import re
from pathlib import Path

import click

from trunkline.forge.protocol import Issue, PullRequest

from . import following, output
from .terminal import visible


@click.command()
@click.pass_context
def forge(ctx: click.Context) -> None:
    """Set up the local forge for this project: a bare origin, pulls/ and issues/."""
    from trunkline.forge import LocalForge
    from trunkline.loop.changes.merged import has_origin, require_clean

    project = output.project_of(ctx)
    # It begins with what is committed by now: what comes later needs a pull request.
    if not has_origin(project):
        require_clean(project)
    LocalForge.create(project.forge_folder, project.root, main=project.policy.forge.main)
    output.result("forge", project.forge_folder)


@click.group()
def pr() -> None:
    """List, show, open, merge or close pull requests."""


@pr.command("list")
@click.option("--state", type=click.Choice(["open", "merged", "closed"]), default=None)
@click.pass_context
def list_pulls(ctx: click.Context, state: str | None) -> None:
    """List pull requests."""
    from trunkline.forge import open_forge

    rows = open_forge(output.project_of(ctx)).pull_requests(state=state or "")
    output.table(("#", "state", "title", "branch"), ((r.number, r.state, r.title, r.branch) for r in rows))


@pr.command("show")
@click.argument("number", type=int)
@click.pass_context
def show_pull(ctx: click.Context, number: int) -> None:
    """Show one pull request as it reads."""
    from trunkline.forge import open_forge

    pull = open_forge(output.project_of(ctx)).pull_request(number)
    _thread(pull)


def _thread(thread: PullRequest | Issue) -> None:
    texts = [f"#{thread.number} {thread.title} [{thread.state}]\n\n{thread.body}"]
    texts += [f"\n--- {comment.time:%Y-%m-%d %H:%M} UTC\n{comment.body}" for comment in thread.comments]
    for text in texts:
        # What a page folds away is too long for a terminal; the file in the forge has it.
        folded = re.sub(
            r"<details>.*?<summary>(.*?)</summary>.*?</details>", r"(\1: see the page)", text, flags=re.S
        )
        click.echo(visible(html.unescape(folded)))


@pr.command("open")
@click.option("--title", default="", help="By default the last commit's subject.")
@click.option("--body", default="")
@click.pass_context
def open_pull(ctx: click.Context, title: str, body: str) -> None:
    """Push this branch and open its pull request."""
    from trunkline.loop.gates import reviewing

    pull = reviewing.open_pull_request(output.project_of(ctx), title=title, body=body)
    output.result("pull request", f"#{pull.number} {pull.title}")
    output.result("next", following.after_change(pull.number))


@pr.command("merge")
@click.argument("number", type=int)
@click.pass_context
def merge_pull(ctx: click.Context, number: int) -> None:
    """Merge a pull request; `git pull` brings the merge into your work tree."""
    from trunkline.forge import open_forge

    pull = open_forge(output.project_of(ctx)).merge(number)
    output.result("merged", f"#{pull.number} {pull.title} ({pull.merge[:12]})")
    output.result("next", following.after_merge())


@pr.command("close")
@click.argument("number", type=int)
@click.option("--comment", default="")
@click.pass_context
def close_pull(ctx: click.Context, number: int, comment: str) -> None:
    """Close a pull request without merging it."""
    from trunkline.forge import open_forge

    pull = open_forge(output.project_of(ctx)).close_pull_request(number, comment=comment)
    output.result("closed", f"#{pull.number} {pull.title}")


@click.command()
@click.option(
    "--from",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("packed"),
    show_default=True,
    help="Where `pack` and `plan --to` kept the reports.",
)
@click.option(
    "--needs", default="", envvar="NEEDS", help="The jobs' results, as JSON of a workflow's `needs`."
)
@click.option("--number", type=int, default=0, envvar="PULL_REQUEST")
@click.option(
    "--branch", default="", envvar="BRANCH", help="Whose open pull request, where no number is given."
)
@click.option("--run", default="", envvar="RUN_URL", help="The address of the run.")
@click.pass_context
def report(ctx: click.Context, folder: Path, needs: str, number: int, branch: str, run: str) -> None:
    """Keep one comment on a pull request with what its run said."""
    from trunkline.loop.changes import comment, conclusion

    project = output.project_of(ctx)
    pull = comment.report(project, folder, needs=needs, number=number, branch=branch, run=run)
    if pull is None:
        whose = f"#{number}" if number else f"the branch {branch or '(none)'}"
        output.skipped(f"There is no open pull request of {whose}, or nothing to report on it.")
    else:
        output.result("pull request", f"#{pull.number} {pull.title}")
        conclusion.require_judged(pull)


@click.command()
@click.option(
    "--needs", required=True, envvar="NEEDS", help="The jobs' results, as JSON of a workflow's `needs`."
)
@click.option("--commit", required=True, envvar="COMMIT", help="The commit that the run was of.")
@click.option("--run", default="", envvar="RUN_URL", help="The address of the run.")
@click.pass_context
def conclude(ctx: click.Context, needs: str, commit: str, run: str) -> None:
    """Say on a commit whether its run passed, for a pull request that did not start the run."""
    from trunkline.loop.changes import comment, conclusion

    well = conclusion.conclude(output.project_of(ctx), commit, comment.results_of(needs), run=run)
    output.result(conclusion.CHECK, f"{'passed' if well else 'failed'}, as a status of {commit[:12]}")


@click.group()
def issue() -> None:
    """List or show issues."""


@issue.command("list")
@click.option("--state", type=click.Choice(["open", "closed"]), default=None)
@click.pass_context
def list_issues(ctx: click.Context, state: str | None) -> None:
    """List issues."""
    from trunkline.forge import open_forge

    rows = open_forge(output.project_of(ctx)).issues(state=state or "")
    output.table(
        ("#", "state", "title", "labels"), ((r.number, r.state, r.title, ", ".join(r.labels)) for r in rows)
    )


@issue.command("show")
@click.argument("number", type=int)
@click.pass_context
def show_issue(ctx: click.Context, number: int) -> None:
    """Show one issue as it reads."""
    from trunkline.forge import open_forge

    found = open_forge(output.project_of(ctx)).issue(number)
    _thread(found)
