"""The entry point: verbs are imported when they are called, and errors become one clear line."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from trunkline import __version__


@dataclass(frozen=True)
class Verb:
    """Where a verb's command is, what it does in one line, and its chapter of the help."""

    module: str
    does: str
    chapter: str


ALSO = "Also"
"""The chapter of verbs that `trunkline --help` only names."""

# A verb's module is imported only when the verb is called.
VERBS = {
    "check": Verb("model", "Check the policy and the four files that you edit.", "Model"),
    "snapshot": Verb("model", "Take the rows of the policy's window and lock them in data.lock.", "Model"),
    "train": Verb("model", "Train on the locked snapshot, or reuse what the same key gave.", "Model"),
    "evaluate": Verb("model", "Ask every gate about the trained bundle.", "Model"),
    "explain": Verb("explain", "Say what a gate asks, how, and what to do about its answer.", "Model"),
    "judge": Verb("model", "Train and evaluate; report on the pull request of this branch.", "Model"),
    "release": Verb("release", "Train or reuse, evaluate, register, and propose the promotion.", "Release"),
    "promote": Verb("delivery", "Propose a stage by hand: silent, canary or single.", "Release"),
    "rollout": Verb("rollout", "Judge the challenger on live traffic; propose what follows.", "Release"),
    "deploy": Verb("delivery", "Plan and apply in one step.", "Release"),
    "status": Verb("delivery", "Say who serves, and how it is.", "Release"),
    "truth": Verb("life", "Record what really happened, or take it back.", "Life"),
    "monitor": Verb("life", "Look at performance, data, infrastructure and logs.", "Life"),
    "retrain": Verb("life", "Train on the newest labelled rows and propose the new version.", "Life"),
    "trace": Verb("life", "Walk a prediction back to its model, data and commit.", "Life"),
    "apply": Verb("delivery", "Carry out the plan that was reviewed.", ALSO),
    "bring": Verb("store", "Bring the bundles that this commit names to this machine.", ALSO),
    "card": Verb("model", "Print the model card of a version.", ALSO),
    "deepchecks": Verb("deepchecks", "Run deepchecks on the trained bundle, in its own environment.", ALSO),
    "example": Verb("model", "Print a command that asks the service for one answer.", ALSO),
    "forget": Verb("life", "Take a user's answers out of the log and the ground truth.", ALSO),
    "forge": Verb("forge", "Set up the local forge for this project.", ALSO),
    "infra": Verb("infra", "Plan, make or take away what an environment stands on in a cloud.", ALSO),
    "init": Verb("init", "Write the contract, the other files and the policy from a file of rows.", ALSO),
    "issue": Verb("forge", "List or show issues.", ALSO),
    "key": Verb("key", "Make, list or revoke the keys of a service's callers.", ALSO),
    "load": Verb("load", "Put load on the service and ask the load gates.", ALSO),
    "page": Verb("life", "Write the project's history as one self-contained page.", ALSO),
    "plan": Verb("delivery", "Show what apply would do.", ALSO),
    "pr": Verb("forge", "List, show, open, merge or close pull requests.", ALSO),
    "respond": Verb("life", "Do what the policy says about the newest signals.", ALSO),
    "schema": Verb("model", "Print the JSON Schema of trunkline.yaml.", ALSO),
    "score": Verb("score", "Answer the rows of a file, in batches.", ALSO),
    "send": Verb("life", "Send the rows of a file to a service as requests.", ALSO),
    "serve": Verb("delivery", "Serve a bundle in the foreground.", ALSO),
    "sign": Verb("signing", "Sign a bundle and an image by their digests.", ALSO),
    "stop": Verb("delivery", "Stop an environment's service.", ALSO),
    "store": Verb("store", "Compare the registry with what main names, and keep the two in step.", ALSO),
    "unit": Verb("delivery", "Print the systemd unit that keeps a service running.", ALSO),
    "verify": Verb("signing", "Say who signed what an environment desires.", ALSO),
    "upgrade": Verb("upgrade", "Merge what the template gives today into a new branch.", ALSO),
}
WORKFLOW_VERBS = {
    "adopt": Verb("release", "Take over the tested bundle or train it, before more is asked.", "Release"),
    "register": Verb("release", "Take over the tested bundle or train it, and register it.", "Release"),
    "pack": Verb("release", "Put the trained bundle and its reports into a folder.", "Release"),
    "image": Verb("release", "Build the image that would serve, and ask it.", "Release"),
    "sbom": Verb("release", "Add the image and its models to the SBOM of its packages.", "Release"),
    "rehearse": Verb("release", "Serve a version in staging and compare its answers.", "Release"),
    "report": Verb("forge", "Keep one comment on a pull request with what its run said.", "Forge"),
    "conclude": Verb("forge", "Say on a commit whether its run passed.", "Forge"),
    "heartbeat": Verb("heartbeat", "Notice that scheduled workflows have stopped.", "Forge"),
}


class Verbs(click.Group):
    """A group whose commands are known by name and imported on use."""

    table: Mapping[str, Verb] = VERBS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of the life cycle."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb, or None when there is no such verb."""
        if cmd_name not in self.table:
            return None
        module = importlib.import_module(f"trunkline.cli.{self.table[cmd_name].module}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs by chapter, without importing any of them."""
        for chapter in dict.fromkeys(verb.chapter for verb in self.table.values() if verb.chapter != ALSO):
            with formatter.section(chapter):
                formatter.write_dl(
                    [(name, verb.does) for name, verb in self.table.items() if verb.chapter == chapter]
                )


class PeoplesVerbs(Verbs):
    """What people call, with the workflows' verbs in a group of their own."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a verb or the group of the workflows' verbs, else None."""
        return ci if cmd_name == ci.name else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs of each day by chapter, and name the others."""
        super().format_commands(ctx, formatter)
        with formatter.section(ALSO):
            formatter.write_text(
                ", ".join(name for name, verb in VERBS.items() if verb.chapter == ALSO) + "."
            )
            formatter.write_text("`trunkline VERB --help` explains each.")
            formatter.write_text("`trunkline ci --help` lists the verbs that workflows call.")


@click.group(cls=PeoplesVerbs, context_settings={"help_option_names": ["-h", "--help"]})
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


class WorkflowVerbs(Verbs):
    """What workflows call."""

    table = WORKFLOW_VERBS


@click.group(cls=WorkflowVerbs)
def ci() -> None:
    """What the project's workflows call; each runs the same on a laptop."""


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
        with going_on(next((word for word in arguments if word in VERBS or word in WORKFLOW_VERBS), "")):
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
