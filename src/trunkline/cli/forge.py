"""The verbs of the forge: set it up, pull requests, issues."""

from __future__ import annotations

import click

from . import output


@click.command()
@click.pass_context
def forge(ctx: click.Context) -> None:
    """Set up the local forge for this project: a bare origin, pulls/ and issues/."""
    from trunkline.forge import LocalForge

    project = output.project_of(ctx)
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
    click.echo(f"#{pull.number} {pull.title} [{pull.state}]\n\n{pull.body}")
    for comment in pull.comments:
        click.echo(f"\n--- {comment.time:%Y-%m-%d %H:%M} UTC\n{comment.body}")


@pr.command("open")
@click.option("--title", default="", help="By default the last commit's subject.")
@click.option("--body", default="")
@click.pass_context
def open_pull(ctx: click.Context, title: str, body: str) -> None:
    """Push this branch and open its pull request."""
    from trunkline.loop import reviewing

    pull = reviewing.open_pull_request(output.project_of(ctx), title=title, body=body)
    output.result("pull request", f"#{pull.number} {pull.title}")


@pr.command("merge")
@click.argument("number", type=int)
@click.pass_context
def merge_pull(ctx: click.Context, number: int) -> None:
    """Merge a pull request; `git pull` brings the merge into your work tree."""
    from trunkline.forge import open_forge

    pull = open_forge(output.project_of(ctx)).merge(number)
    output.result("merged", f"#{pull.number} {pull.title} ({pull.merge[:12]})")


@pr.command("close")
@click.argument("number", type=int)
@click.option("--comment", default="")
@click.pass_context
def close_pull(ctx: click.Context, number: int, comment: str) -> None:
    """Close a pull request without merging it."""
    from trunkline.forge import open_forge

    pull = open_forge(output.project_of(ctx)).close_pull_request(number, comment=comment)
    output.result("closed", f"#{pull.number} {pull.title}")


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
    click.echo(f"#{found.number} {found.title} [{found.state}]\n\n{found.body}")
    for comment in found.comments:
        click.echo(f"\n--- {comment.time:%Y-%m-%d %H:%M} UTC\n{comment.body}")
