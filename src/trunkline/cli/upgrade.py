"""The verb that brings a newer template into the project."""

from __future__ import annotations

import click

from . import output


@click.command()
@click.argument("template")
@click.option(
    "--checkout", default="", help="The tag, branch or commit of a template that has a git address."
)
@click.pass_context
def upgrade(ctx: click.Context, template: str, checkout: str) -> None:
    """Merge what TEMPLATE, a folder or git address, gives today into a new branch.

    Your model, tests, cards and desired state are never touched.
    """
    from trunkline.core.errors import ForgeError
    from trunkline.loop.changes import upgrading

    root = output.project_of(ctx).root
    done = upgrading.upgrade(root, template, checkout=checkout, progress=output.progress)
    if done is None:
        output.result("template", "gives what it gave before; nothing to do")
        return
    output.result("template", f"{done.version}, {len(done.changed)} files changed")
    output.result("branch", done.branch)
    if done.examples:
        folders = " ".join(upgrading.YOURS)
        output.result("examples", f"{len(done.examples)} files of the template's example changed; yours stay")
        output.result("to see them", f"git diff {done.before[:10]} {done.after[:10]} -- {folders}")
    if done.conflicts:
        raise ForgeError(
            "Both you and the template changed the same lines; nothing is lost, both are marked in the files.",
            value=", ".join(done.conflicts),
            next_step="mend the files, `git add` them, `git commit`; or `git merge --abort` and switch back",
        )
    output.result("next", "make setup test; then push the branch and merge it with a merge commit")
