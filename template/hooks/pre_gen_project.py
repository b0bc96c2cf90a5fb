"""Refuse answers from which no working project can be made, and say why."""

import json
import keyword
import re
import sys

# Twice to JSON: the outer one makes a Python literal that no quote or backslash in an answer can end.
ANSWERS = json.loads({{ cookiecutter | jsonify | jsonify }})

# What the project imports by these names would be hidden by a package of the same name.
TAKEN = {
    "conftest", "fairlearn", "fastapi", "locust", "loadtest", "mlflow", "numpy", "onnx", "onnxruntime", "pandas",
    "pandera", "pydantic", "pytest", "scipy", "sklearn", "skops", "src", "tests", "trunkline", "uvicorn",
}  # fmt: skip
LONGEST_PACKAGE = 40
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


def problem_with_code_owners(text):
    """Return why `text` cannot name people in CODEOWNERS, or an empty text; nobody named is no problem."""
    strange = [word for word in text.split() if not CODE_OWNER.fullmatch(word)]
    if not text.isprintable():
        return "it must be one line without control characters"
    if strange:
        return f"{', '.join(strange)} is neither @user nor @organisation/team nor an e-mail address"
    return ""


def main():
    """Print every refused answer with its reason; exit 1 if there is one."""
    reasons = {"project_name": problem_with_text(ANSWERS["project_name"])}
    # These may be left for later; a blank is no answer.
    for name in ("description", "intended_use", "owner"):
        reasons[name] = problem_with_text(ANSWERS[name]) if ANSWERS[name] else ""
    reasons["package"] = problem_with_package(ANSWERS["package"])
    reasons["code_owners"] = problem_with_code_owners(ANSWERS["code_owners"])
    refused = {name: reason for name, reason in reasons.items() if reason}
    for name, reason in refused.items():
        print(f"Answer refused: {name} = {ANSWERS[name]!r}: {reason}.", file=sys.stderr)
    sys.exit(1 if refused else 0)


if sys.version_info < (3, 11):  # noqa: UP036 - cookiecutter itself runs on older ones
    sys.exit("Trunkline needs Python 3.11 or newer; cookiecutter runs on " + sys.version.split()[0] + ".")
main()
