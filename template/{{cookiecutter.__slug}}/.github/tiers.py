"""Say which parts of continuous integration a change needs, so that a change of documentation trains nothing.

It runs before anything is installed, so it needs Python and git alone. It prints `name=value` lines, and appends them
to the file that GITHUB_OUTPUT names:

code          style, types, unit and integration tests
model         train or reuse, gates, load, the service's tests
image         the serving image
environments  the environments whose desired state changed, as a JSON list, production last
rows          "main" where main's policy lets rows be read on main alone: nothing is trained here, and the report says
              so; "environment" where it lets this pull request read them in the GitHub environment `data`;
              "live" when the locked rows hold answers of production, which lie on the machine that serves alone
reached       those of them that a job can deploy to: a process, or a container without a host, is of the machine of
              TRUNKLINE_RUNNER, so without that variable none is, and the run's page says so

The commit that is checked out is compared with origin/main; a commit of main itself needs everything, and so does what
cannot be placed: a change is never tested less than it should be.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

TIERS = ("code", "model", "image")
EVERYTHING = frozenset(TIERS)
# The full name: a tag called origin/main, which nobody reviews, would be taken for the branch.
MAIN = "refs/remotes/origin/main"
# The first pattern that matches decides; a pattern that ends in / is a folder.
RULES: tuple[tuple[str, frozenset[str]], ...] = (
    ("deployments/", frozenset()),
    ("model_cards/", frozenset()),
    ("docs/", frozenset()),
    ("src/", EVERYTHING),
    ("vendor/trunkline/README.md", frozenset()),
    ("vendor/", EVERYTHING),
    ("requirements/README.md", frozenset()),
    ("requirements/", EVERYTHING),
    ("trunkline.yaml", frozenset({"model"})),
    ("data.lock", frozenset({"model", "image"})),
    ("loadtest/", frozenset({"code", "model"})),
    ("tests/", frozenset({"code", "model"})),
    ("Dockerfile", frozenset({"image"})),
    (".dockerignore", frozenset({"image"})),
    (".github/ISSUE_TEMPLATE/", frozenset()),
    (".github/rulesets/", frozenset()),
    (".github/CODEOWNERS", frozenset()),
    (".github/dependabot.yml", frozenset()),
    (".devcontainer/", frozenset()),
    (".pre-commit-config.yaml", frozenset()),
    (".template.json", frozenset()),
    (".editorconfig", frozenset()),
    (".gitignore", frozenset()),
    ("LICENSE", frozenset()),
)


def tiers_of(path: str) -> frozenset[str]:
    """Return the parts that a changed file needs."""
    for pattern, tiers in RULES:
        if path == pattern or (pattern.endswith("/") and path.startswith(pattern)):
            return tiers
    if path.endswith(".md"):
        return frozenset()
    return EVERYTHING


def environment_of(path: str) -> str:
    """Return the environment whose desired state a file is, empty for any other file."""
    match = re.fullmatch(r"deployments/([a-z][a-z0-9-]*)\.yaml", path)
    return match.group(1) if match else ""


def in_order(names: Iterable[str]) -> list[str]:
    """Return environments in the order in which they are deployed to: what is tried elsewhere first comes last."""
    return sorted(names, key=lambda name: (name == "production", name))


def is_local(name: str) -> bool:
    """Whether an environment is served on the machine that deploys; read as text, for YAML is not installed."""
    state = Path("deployments", f"{name}.yaml").read_text(encoding="utf-8", errors="replace")
    kind = re.search(r"^\s+kind:\s*[\"']?(local|container)\b", state, re.MULTILINE)
    elsewhere = re.search(r"^\s+host:\s*[\"']?[^\s\"'#]", state, re.MULTILINE)
    return kind is not None and (kind[1] == "local" or elsewhere is None)


def rows_behind(policy: str) -> str:
    """Return "main" or "environment" where a policy says so of `data.rows`; read as text, for YAML is not installed."""
    data = re.search(r"^data:(.*(?:\n(?:[ \t].*|[ \t]*(?:#.*)?))*)", policy, re.MULTILINE)
    other = r"(?m)(?:^|(?<=\s))#.*|(?<=[\s:,{])(\"|')(?!(?:main|environment)\1)[^\n]*?\1"
    said = re.sub(other, "", data[1]) if data else ""
    found = re.search(r"(?:^[ \t]+|[{,][ \t]*)rows:[ \t]*[\"']?(main|environment)\b", said, re.MULTILINE)
    return found[1] if found else ""


def a_person_may_be_asked() -> bool:
    """Whether this is a pull request of a person's branch here: forks, bots and other events get no rows of `data`."""
    try:
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        pull = event["pull_request"]
        here = pull["head"]["repo"]["full_name"] == event["repository"]["full_name"]
        return bool(here and pull["user"]["type"] == "User")
    except (OSError, ValueError, LookupError, TypeError):
        return False


def where_rows_are() -> str:
    """Return "main" or "environment" by the policy that main holds, "live" by `data.lock`, empty otherwise."""
    # A change must not say of itself that no gate is asked.
    shown = ["git", "show", f"{MAIN}:./trunkline.yaml"]
    if behind := rows_behind(subprocess.run(shown, capture_output=True, text=True, check=False).stdout):
        return behind if a_person_may_be_asked() else "main"
    try:
        lock = json.loads(Path("data.lock").read_text(encoding="utf-8"))
        return "live" if lock["sources"].get("traffic") else ""
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ""  # what is wrong with it is said by whoever trains


def somebody_owns_all() -> bool:
    """Whether CODEOWNERS names people for every file, so that nobody's own workflow can approve a change."""
    try:
        text = Path(".github/CODEOWNERS").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return re.search(r"^\*\s+[^\s#]", text, re.MULTILINE) is not None


def nothing_serves() -> bool:
    """Whether no desired state names a bundle: only a model of this very change can be put into an image."""
    states = (
        path.read_text(encoding="utf-8", errors="replace") for path in Path("deployments").glob("*.yaml")
    )
    return not any("sha256:" in state for state in states)


def git(*words: str) -> str:
    """Run git and return what it prints; leave with its words when it fails."""
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        sys.exit(f"git {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def changed() -> list[str] | None:
    """Return the files in which this commit differs from main; None on main itself."""
    head, base = git("rev-parse", "HEAD").strip(), git("merge-base", MAIN, "HEAD").strip()
    if head == base:
        return None
    # A renamed file is two changes: it may have left a folder that matters.
    return git("diff", "--name-only", "--no-renames", "-z", base, "HEAD").split("\0")[:-1]


def needed(paths: list[str] | None) -> dict[str, str]:
    """Return what the changed files need, by output name; everything for None."""
    if paths is None:
        files = Path("deployments").glob("*.yaml")
        environments = in_order(name for file in files if (name := environment_of(file.as_posix())))
        return dict.fromkeys(TIERS, "true") | {"environments": json.dumps(environments)}
    tiers = frozenset[str]().union(*(tiers_of(path) for path in paths))
    if "image" in tiers and nothing_serves():
        tiers |= {"model"}
    environments = in_order({name for path in paths if (name := environment_of(str(PurePosixPath(path))))})
    present = [name for name in environments if Path("deployments", f"{name}.yaml").is_file()]
    found = {tier: str(tier in tiers).lower() for tier in TIERS}
    return found | {"environments": json.dumps(present)}


def main() -> None:
    """Print the outputs, and hand them to the workflow where there is one."""
    found = needed(changed())
    environments = json.loads(found["environments"])
    runner = os.environ.get("TRUNKLINE_RUNNER")
    reached = [name for name in environments if runner or not is_local(name)]
    rows = where_rows_are()
    if rows == "main" and nothing_serves():
        found["image"] = "false"  # the model that would be in it is trained after the merge
    found |= {"reached": json.dumps(reached), "rows": rows}
    lines = "".join(f"{name}={value}\n" for name, value in found.items())
    sys.stdout.write(lines)
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a", encoding="utf-8") as stream:
            stream.write(lines)
    if not somebody_owns_all():
        sys.stderr.write(
            "::warning file=.github/CODEOWNERS,title=Nobody has to approve a change::Put code owners behind * in"
            " .github/CODEOWNERS: until then one person with write access can release alone.\n"
        )
    unreached = [name for name in environments if name not in reached]
    # ci.yml plans for every environment and deploys to none: only deploy.yml says which machine there is.
    if unreached and runner is not None and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        with Path(summary).open("a", encoding="utf-8") as stream:
            stream.write(
                f"Nothing is applied to {', '.join(unreached)}: a service that a hosted runner starts is gone when its"
                " job ends. Set the repository variable TRUNKLINE_RUNNER to the label of a self-hosted runner on the"
                " machine that serves, or run `make apply` there.\n"
            )


if __name__ == "__main__":
    main()
