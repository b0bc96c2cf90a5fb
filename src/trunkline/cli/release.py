"""The verbs of a release: pack, adopt, register, image, sbom, rehearse, release."""

from __future__ import annotations

from pathlib import Path

import click

from trunkline.core.errors import SettingError
from trunkline.core.project import Project
from trunkline.core.record import short

from . import following, output
from .options import named_bundle

PACKED = Path("packed")
FOLDER = click.Path(path_type=Path, file_okay=False)
to = click.option(
    "--to", "folder", type=FOLDER, default=PACKED, show_default=True, help="Where what it makes is kept."
)
version = click.option(
    "--version",
    "number",
    type=int,
    default=0,
    envvar="VERSION",
    help="A version of main; rehearse takes the newest by default.",
)


@click.command()
@to
@named_bundle
@click.pass_context
def pack(ctx: click.Context, folder: Path, bundle: str) -> None:
    """Put the trained bundle and its reports into a folder, for a release to take over."""
    from trunkline.loop.release import tested

    packed = tested.pack(output.project_of(ctx), folder, bundle=bundle)
    output.result("artifact", packed.artifact)
    output.result("packed in", packed.bundle.parent)
    output.hand_on("artifact", packed.artifact)


scheduled_release = click.option(
    "--scheduled", is_flag=True, help="In a workflow: nothing to release yet is no error."
)


@click.command()
@scheduled_release
@click.pass_context
def adopt(ctx: click.Context, scheduled: bool) -> None:
    """Take over the bundle that the pull request's run tested, and say what is left to do about it.

    Hands on `train` (whether there is none, so that it must be trained), `ask` (whether load or deepchecks were not
    asked about it) and `bundle`, its digest.
    """
    from trunkline.loop.release import releasing, tested

    project = output.project_of(ctx)
    for name in ("train", "ask"):
        output.hand_on(name, "false")
    if scheduled and (why := _nothing_to_release(project)):
        output.skipped(why)
        return
    digest = releasing.adopt_merged(project, progress=output.progress)
    output.result("bundle", short(digest) if digest else "none to take over: trunkline train makes it")
    output.hand_on("bundle", digest)
    missing = tested.unasked(project, digest) if digest else []
    if missing:
        output.result("not asked yet", ", ".join(missing))
    if not digest:
        output.hand_on("train", "true")
    if missing or not digest:
        output.hand_on("ask", "true")


def _nothing_to_release(project: Project) -> str:
    """Return why a workflow has nothing to release; empty when it has."""
    from trunkline.loop.changes import merged

    if not project.data_lock.is_file():
        return (
            "There is no data.lock yet, so no rows to train on are named. Run `make snapshot` and commit data.lock:"
            " its merge is the first release."
        )
    return (
        "main has a newer change of the model, which a run of its own releases."
        if merged.overtaken(project)
        else ""
    )


@click.command()
@scheduled_release
@named_bundle
@click.pass_context
def register(ctx: click.Context, scheduled: bool, bundle: str) -> None:
    """Take over the tested bundle or train it, ask the gates, and register it; nothing is proposed yet."""
    from trunkline.loop.release import releasing

    project = output.project_of(ctx)
    output.hand_on("propose", "false")
    if scheduled and (why := _nothing_to_release(project)):
        output.skipped(why)
        return
    registered = releasing.register(project, bundle=bundle, progress=output.progress)
    output.result("version", registered.version.number)
    output.result("bundle", short(registered.version.bundle))
    output.result("gates", registered.judged.evaluation.outcome)
    if registered.compared:
        output.result("fork", registered.compared)
        output.summarise(registered.compared)
    output.summarise(registered.judged.markdown.read_text(encoding="utf-8"))
    output.hand_on("version", registered.version.number)
    output.hand_on("bundle", registered.version.bundle)
    output.hand_on("sign", str(bool(project.policy.signatures.keys)).lower())
    # What is handed on last holds.
    output.hand_on("propose", str(not registered.settled).lower())
    if registered.settled:
        output.result("propose", f"nothing: {registered.settled}")


@click.command()
@version
@named_bundle
@click.option("--push", default="", envvar="PUSH", help="The registry's name for it, as ghcr.io/owner/name.")
@to
@click.pass_context
def image(ctx: click.Context, number: int, bundle: str, push: str, folder: Path) -> None:
    """Build the image that would serve, ask a container of it, and push it if a name is given."""
    from trunkline.loop.release import imaging

    made = imaging.build_image(
        output.project_of(ctx), folder, number=number, bundle=bundle, push=push, progress=output.progress
    )
    output.result("image", made.reference)
    for name in ("name", "digest", "reference"):
        output.hand_on(name, getattr(made, name))


@click.command()
@to
@click.pass_context
def sbom(ctx: click.Context, folder: Path) -> None:
    """Add image and models, by digest, to the SBOM of the image's packages."""
    from trunkline.loop.release import materials

    output.result("sbom", materials.complete_sbom(output.project_of(ctx), folder))


@click.command()
@version
@named_bundle
@to
@click.pass_context
def rehearse(ctx: click.Context, number: int, bundle: str, folder: Path) -> None:
    """Serve a version in staging, ask it the test rows, and compare with what its bundle answers."""
    from trunkline.core.record import write_atomically
    from trunkline.loop.release import rehearsing

    made = rehearsing.rehearse(output.project_of(ctx), number=number, bundle=bundle, progress=output.progress)
    output.result("version", made.version)
    output.result("asked", f"{made.asked} rows at {made.address}, p95 {made.latency_p95_ms:.1f} ms")
    output.result("answers", "each is the bundle's own")
    output.result("next", following.after_rehearsal(made.address))
    write_atomically(folder / "rehearsal.md", made.markdown().encode())
    output.summarise(made.markdown())


@click.command()
@click.option(
    "--evidence",
    "folder",
    type=FOLDER,
    default=None,
    help="Where `image` and `rehearse` kept what they made; it goes into the pull request.",
)
@click.option(
    "--version", "number", type=int, default=0, envvar="VERSION", help="Propose this one and no other."
)
@named_bundle
@click.option("--scheduled", is_flag=True, help="In a workflow: a newer change on main is no error.")
@click.pass_context
def release(ctx: click.Context, folder: Path | None, number: int, bundle: str, scheduled: bool) -> None:
    """Train or reuse, evaluate, register, write the card, propose the promotion."""
    from trunkline.loop.changes import merged
    from trunkline.loop.release import releasing

    project = output.project_of(ctx)
    if scheduled and merged.overtaken(project):
        output.skipped("main has a newer change of the model, which a run of its own releases.")
        return
    try:
        released = releasing.release(
            project, evidence=folder, number=number, bundle=bundle, progress=output.progress
        )
    except SettingError as error:
        if not scheduled:
            raise
        output.skipped(f"The version is registered and waits for its pull request. {error}")
        return
    output.result("version", released.version.number)
    output.result("bundle", short(released.version.bundle))
    output.result("gates", released.judged.evaluation.outcome)
    pull = released.pull_request
    output.result("promotion", f"#{pull.number} {pull.title}" if pull else released.settled)
    output.result("next", following.after_release(pull.number if pull else None))
