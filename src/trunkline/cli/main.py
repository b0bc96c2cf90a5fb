"""The entry point: verbs are imported when they are called, and errors become one clear line."""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from trunkline import __version__

# Verb: (module of this package, what it does, chapter). A verb's module is imported only when the verb is called.
VERBS = {
    "check": ("model", "Check the policy and the four files that you edit.", "Model"),
    "snapshot": ("model", "Take the rows of the policy's window and lock them in data.lock.", "Model"),
    "train": ("model", "Train on the locked snapshot, or reuse what the same key gave.", "Model"),
    "evaluate": ("model", "Ask every gate about the trained bundle.", "Model"),
    "example": ("model", "Print a command that asks the service for one answer.", "Model"),
    "judge": ("model", "Train and evaluate; report on the pull request of this branch.", "Model"),
    "load": ("load", "Put load on the service and ask the load gates.", "Model"),
    "deepchecks": (
        "deepchecks",
        "Let deepchecks look at the trained bundle, in an environment of its own.",
        "Model",
    ),
    "explain": ("explain", "Say what a gate asks, how, and what to do about its answer.", "Model"),
    "card": ("model", "Print the model card of a registered version.", "Model"),
    "pack": ("release", "Put the trained bundle and its reports into a folder.", "Release"),
    "adopt": ("release", "Take over the tested bundle or train it, before more is asked.", "Release"),
    "register": ("release", "Take over the tested bundle or train it, and register it.", "Release"),
    "image": ("release", "Build the image that would serve, and ask it.", "Release"),
    "rehearse": ("release", "Serve a version in staging and compare its answers.", "Release"),
    "release": (
        "release",
        "Train or reuse, evaluate, register, write the card, propose the promotion.",
        "Release",
    ),
    "rollout": ("delivery", "Propose the next stage: silent, canary or single.", "Delivery"),
    "advance": ("advance", "Judge the challenger on live traffic; propose what follows.", "Delivery"),
    "plan": ("delivery", "Show what apply would do.", "Delivery"),
    "apply": ("delivery", "Carry out the plan that was reviewed.", "Delivery"),
    "deploy": ("delivery", "Plan and apply in one step.", "Delivery"),
    "serve": ("delivery", "Serve a bundle in the foreground.", "Delivery"),
    "status": ("delivery", "Say who serves, and how it is.", "Delivery"),
    "unit": ("delivery", "Print the systemd unit that keeps a service running.", "Delivery"),
    "stop": ("delivery", "Stop an environment's service.", "Delivery"),
    "send": ("life", "Send the rows of a file to a service as requests.", "Life"),
    "truth": ("life", "Record what really happened, or take it back.", "Life"),
    "monitor": ("life", "Look at performance, data, infrastructure and logs.", "Life"),
    "respond": ("life", "Do what the policy says about the newest signals.", "Life"),
    "retrain": ("life", "Train on the newest labelled rows and propose the new version.", "Life"),
    "trace": ("life", "Walk a prediction back to its model, data and commit.", "Life"),
    "heartbeat": ("heartbeat", "Notice that scheduled workflows have stopped.", "Life"),
    "page": ("life", "Write the project's history as one self-contained page.", "Life"),
    "forge": ("forge", "Set up the local forge for this project.", "Forge"),
    "pr": ("forge", "List, show, open, merge or close pull requests.", "Forge"),
    "report": ("forge", "Keep one comment on a pull request with what its run said.", "Forge"),
    "conclude": ("forge", "Say on a commit whether its run passed.", "Forge"),
    "issue": ("forge", "List or show issues.", "Forge"),
    "bring": ("store", "Bring the bundles that this commit names to this machine.", "Forge"),
    "store": ("store", "Bring, carry or compare the store that travels in a git ref.", "Forge"),
    "upgrade": ("upgrade", "Merge what the template gives today into a new branch.", "Forge"),
    "schema": ("model", "Print the JSON Schema of trunkline.yaml.", "Model"),
}


class Verbs(click.Group):
    """A group whose commands are known by name and imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the life cycle."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb, or None when there is no such verb."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"trunkline.cli.{VERBS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs by chapter, without importing any of them."""
        for chapter in dict.fromkeys(row[2] for row in VERBS.values()):
            with formatter.section(chapter):
                formatter.write_dl([(verb, row[1]) for verb, row in VERBS.items() if row[2] == chapter])


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--project",
    "start",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The project's folder; the current one by default.",
)
@click.version_option(__version__, prog_name="trunkline")
@click.pass_context
def cli(ctx: click.Context, start: Path) -> None:
    """A Git repository that runs your model in production."""
    ctx.obj = start


def main(arguments: list[str] | None = None) -> None:
    """Run one verb and leave with its exit code: 0, 2 for a wrong call, or that of the error."""
    from trunkline.core.secrets import stow

    stow()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one verb and return its exit code."""
    # ONNX Runtime decides when it is imported whether it reports its use to its makers.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    _write_anything()
    from .steps import going_on

    try:
        with going_on(next((word for word in arguments if word in VERBS), "")):
            result: Any = cli.main(args=arguments, prog_name="trunkline", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except Exception as raised:
        from trunkline.core.errors import shown

        from .terminal import visible
        from .unforeseen import expected

        refusal = expected(raised, arguments)
        click.echo(click.style("error: ", fg="red", bold=True) + visible(refusal.what), err=True)
        if refusal.value is not None:
            click.echo(f"  found: {shown(refusal.value)}", err=True)
        if refusal.next_step:
            click.echo(f"  next: {visible(refusal.next_step)}", err=True)
        if refusal.actor != "fix your input":
            click.echo(f"  who must act: {refusal.actor} (exit code {refusal.exit_code})", err=True)
        return refusal.exit_code
    return result if isinstance(result, int) else 0


def _write_anything() -> None:
    """Let a terminal that cannot show a letter get its number: an old locale is no reason to end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
