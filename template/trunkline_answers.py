"""Refuse answers from which no working project can be made, before cookiecutter writes anything.

An extension and not a hook: below a hook that fails, cookiecutter prints a Python traceback.
"""

import keyword
import re
import shutil
import sys
import unicodedata

from cookiecutter.exceptions import FailedHookException
from jinja2.ext import Extension

# What the project imports by these names would be hidden by a package of the same name.
TAKEN = {
    "alembic", "attr", "boto3", "click", "conftest", "cookiecutter", "dask", "deepchecks", "fairlearn", "fastapi",
    "flask", "git", "google", "httpx", "jinja2", "joblib", "loadtest", "locust", "matplotlib", "mlflow", "mypy",
    "numpy", "onnx", "onnxruntime", "packaging", "pandas", "pandera", "pip", "pyarrow", "pydantic", "pytest",
    "requests", "rich", "ruff", "scipy", "setuptools", "skl2onnx", "sklearn", "skops", "sqlalchemy", "src",
    "starlette", "tests", "trunkline", "uvicorn", "wheel", "yaml",
}  # fmt: skip
LONGEST_PACKAGE = 40
LONGEST_NAME = 200
# A line of CODEOWNERS that GitHub cannot read is passed over without a word.
CODE_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?|[^\s@#]+@[^\s@#]+\.[^\s@#]+")


def problem_with_package(package):
    """Return why `package` cannot be the project's package, or an empty text."""
    if not package:
        return "it is empty"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", package):
        return "it must begin with a letter from a to z and go on with a to z, 0 to 9 and _"
    if len(package) > LONGEST_PACKAGE:
        return f"it is longer than {LONGEST_PACKAGE} characters"
    if package.endswith("_") or "__" in package:
        return "it ends with _ or has two of them in a row, which makes a poor model name"
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return "it is a word of the Python language"
    if package in sys.stdlib_module_names:
        return "a module of Python's standard library has that name and could no longer be imported"
    if package in TAKEN:
        return "a library that the project uses has that name and could no longer be imported"
    return ""


def problem_with_text(text):
    """Return why `text` cannot be written into the project's files, or an empty text."""
    if not text.strip():
        return "it is empty"
    if not text.isprintable():
        return "it must be one line without control characters"
    return ""


def problem_with_name(text):
    """Return why `text` cannot be the project's name, or an empty text."""
    if len(text) > LONGEST_NAME:
        return f"it is longer than {LONGEST_NAME} characters"
    return problem_with_text(text)


def problem_with_code_owners(text):
    """Return why `text` cannot name people in CODEOWNERS, or an empty text; nobody named is no problem."""
    strange = [word for word in text.split() if not CODE_OWNER.fullmatch(word)]
    if not text.isprintable():
        return "it must be one line without control characters"
    if strange:
        return f"{', '.join(strange)} is neither @user nor @organisation/team nor an e-mail address"
    return ""


def package_of(project_name):
    """Return the package name that a project's name suggests: its letters without accents, digits and _."""
    plain = unicodedata.normalize("NFKD", project_name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "_", plain)[:LONGEST_PACKAGE].strip("_")


def accept(answers):
    """Return an empty text; raise FailedHookException, which cookiecutter prints as it is, with each refused answer."""
    if sys.version_info < (3, 11):  # noqa: UP036 - cookiecutter itself runs on older ones
        found = sys.version.split()[0]
        raise FailedHookException(
            f"Trunkline needs Python 3.11 or newer, and cookiecutter runs on {found}.\n"
            "  next: install cookiecutter with a newer Python, for example by `pipx install --python 3.12 cookiecutter`"
        )
    if not shutil.which("git"):
        raise FailedHookException(
            "git was not found, and the project is a git repository from the start.\n  next: install git"
        )
    reasons = {"project_name": problem_with_name(answers["project_name"])}
    # These may be left for later; a blank is no answer.
    for name in ("description", "intended_use", "owner"):
        reasons[name] = problem_with_text(answers[name]) if answers[name] else ""
    reasons["package"] = problem_with_package(answers["package"])
    reasons["code_owners"] = problem_with_code_owners(answers["code_owners"])
    refused = {name: reason for name, reason in reasons.items() if reason}
    if refused:
        lines = [f"Answer refused: {name} = {answers[name]!r}: {reason}." for name, reason in refused.items()]
        again = ", ".join(refused)
        example = ", for example package=my_model" if "package" in refused else ""
        lines.append(f"  next: run the command again with another {again}{example}; nothing was written")
        raise FailedHookException("\n".join(lines))
    return ""


class Answers(Extension):
    """What cookiecutter.json asks of this file, as filters of its templates."""

    def __init__(self, environment):
        """Offer `package_of` and `accept`."""
        super().__init__(environment)
        environment.filters["package_of"] = package_of
        environment.filters["accept"] = accept
