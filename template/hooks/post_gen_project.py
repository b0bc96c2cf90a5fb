"""Finish the project: lay out its use case, give it the toolkit, make it a git repository."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ANSWERS = json.loads({{ cookiecutter | jsonify | jsonify }})
PROJECT = Path.cwd()
NEUTRAL_IDENTITY = ["-c", "user.name=Trunkline", "-c", "user.email=trunkline@localhost"]
# Set while git runs a hook of its own: they would send the first commit into another repository.
GIT_PLACES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")

HASH = """#
# The name alone says nothing: anybody may publish under it. `make setup` installs the file whose hash stands here.
# Build the wheel from Trunkline's repository at that version, put it into your index, and ask for its hash:
#     pip wheel --no-deps <folder of Trunkline> && pip hash trunkline-*.whl
# Then write the hash behind the version, as in the other files:
#     trunkline==1.2.3 --hash=sha256:<64 digits>
"""


def trunkline_repository():
    """Return the Trunkline repository that this template belongs to.

    cookiecutter names the template in two answers that differ by how it was called: a path (relative to
    where the user stood, for `--directory`), a clone, or the address it was cloned from.
    """
    places = [ANSWERS["_repo_dir"], ANSWERS["_template"]]
    stood = [os.environ.get("PWD", ""), ANSWERS["_output_dir"]]
    for place in places:
        for start in stood:
            template = (Path(start) / place).resolve()
            if not (template / "hooks" / "post_gen_project.py").is_file():
                continue
            for folder in (template, *template.parents):
                if (folder / "src" / "trunkline" / "__init__.py").is_file():
                    return folder
    sys.exit(
        f"The toolkit was not found: no src/trunkline above {' or '.join(map(repr, places))}. "
        "Name the template by its absolute path or by its address."
    )


def lay_out(folder, chosen):
    """Lay the files in `folder/chosen` over the project's; remove `folder` with the other choices."""
    # Its README.md is a section of the project's, which has included it.
    included = shutil.ignore_patterns("README.md")
    shutil.copytree(PROJECT / folder / chosen, PROJECT, ignore=included, dirs_exist_ok=True)
    shutil.rmtree(PROJECT / folder)


def version_of(repository):
    """Return the version of the toolkit, which is also the template's."""
    text = (repository / "src" / "trunkline" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'__version__ = "([^"]+)"', text).group(1)


def keep_answers():
    """Write down what was answered: `trunkline upgrade` gives the same answers to a newer template."""
    answers = {name: answer for name, answer in ANSWERS.items() if not name.startswith("_")}
    text = json.dumps({"answers": answers}, indent=2, ensure_ascii=False)
    (PROJECT / ".template.json").write_text(text + "\n", encoding="utf-8")


def give_toolkit(repository):
    """Copy the toolkit into vendor/trunkline, or pin its version; requirements/toolkit.txt says which."""
    if ANSWERS["toolkit"] == "vendored":
        vendor = PROJECT / "vendor" / "trunkline"
        made = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
        shutil.copytree(repository / "src" / "trunkline", vendor / "src" / "trunkline", ignore=made)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(repository / name, vendor / name)
        requirement = "./vendor/trunkline"
    else:
        requirement = f"{HASH}trunkline=={version_of(repository)}"
    path = PROJECT / "requirements" / "toolkit.txt"
    path.write_text(f"# Installed after the other files, without its dependencies: they are in those.\n{requirement}\n")


def git(*words):
    """Run git in the project; end the hook with git's words when it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in GIT_PLACES}
    try:
        done = subprocess.run(
            ["git", *words], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        sys.exit("git was not found: install it, the project is a git repository from the start.")
    if done.returncode:
        sys.exit(f"git {' '.join(words[-4:])} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def has_identity():
    """Whether the user's git configuration says who commits (git's guess from the host does not count)."""
    asked = ["git", "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT"]
    return subprocess.run(asked, cwd=PROJECT, capture_output=True, check=False).returncode == 0


def first_commit(repository, version):
    """Make the project a git repository on branch main with one commit, by whose last line upgrades know it."""
    git("init", "--quiet", "--initial-branch=main")
    identity = [] if has_identity() else NEUTRAL_IDENTITY
    # As the toolkit runs git: no ignore file of the user's keeps the toolkit out, no hook or key asks questions.
    flags_for = runpy.run_path(str(repository / "src" / "trunkline" / "core" / "git_settings.py"))["flags_for"]
    git(*flags_for("add"), "add", "--all")
    title = f"{ANSWERS['project_name']}: made from Trunkline's template"
    last = f"Trunkline-Template: {version}"
    git(*identity, *flags_for("commit"), "commit", "--quiet", "--message", title, "--message", last)


def left_for_later():
    """Return a line for each answer that was left empty: what it is for, and where to say it."""
    places = {
        "description": "what the model predicts: README.md and pyproject.toml",
        "intended_use": "what it is for: trunkline.yaml; the model card says that nobody did",
        "owner": "who answers for it: trunkline.yaml; the model card says that nobody does",
        "code_owners": "who approves changes: .github/CODEOWNERS; until then one writer can release alone",
    }
    left = [f"  {place}" for name, place in places.items() if not ANSWERS[name]]
    if ANSWERS["toolkit"] == "pinned":
        left.append("  the toolkit's hash: requirements/toolkit.txt; `make setup` installs nothing without it")
    return "Still to be said\n" + "\n".join(left) + "\n\n" if left else ""


def main():
    """Finish the project and say what to do next."""
    repository = trunkline_repository()
    lay_out("use_cases", ANSWERS["use_case"])
    lay_out("licenses", ANSWERS["license"])
    give_toolkit(repository)
    keep_answers()
    first_commit(repository, version_of(repository))
    print(
        f"\n{ANSWERS['project_name']} is ready in {PROJECT}, a git repository with a first commit.\n\n"
        f"  cd {PROJECT.name}\n"
        "  make setup     install everything into .venv, inside the folder\n"
        "  make train     take a snapshot, search the candidates, measure the best\n"
        "  make serve     answer requests on this machine; the API describes itself at /docs\n\n"
        f"{left_for_later()}"
        "README.md tells the first day.\n"
    )


main()
