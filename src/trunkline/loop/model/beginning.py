"""Beginning: the four files and the policy of a project, written from a file of rows."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from ruamel.yaml import YAML

from trunkline.core.errors import ProjectError
from trunkline.core.git import git
from trunkline.core.project import POLICY_FILE, Project
from trunkline.data.drafts import COLUMN, Answers, Draft, Line, Observed, Table, draft, observe, read_table
from trunkline.tasks import FirstSteps, judging_of

FOLDER = "data"
"""The project's folder into which a file from elsewhere is copied."""
LARGE = 20_000_000
"""Bytes above which a file is too much for git."""
EXAMPLE = re.compile(r"^.*# example\n", re.M)
WIDTH = 110


@dataclass(frozen=True)
class Source:
    """A file of rows, read and observed."""

    path: Path
    table: Table
    columns: tuple[Observed, ...]


@dataclass(frozen=True)
class Begun:
    """What was written."""

    draft: Draft
    written: tuple[str, ...]
    file: str
    """Where the rows lie in the project."""
    large: bool


def read_source(path: Path, *, day_first: bool | None = None) -> Source:
    """Return a file of rows with what its columns hold. Raises DataError as `read_table` and `observe` do."""
    table = read_table(path)
    return Source(path, table, observe(table.frame, day_first=day_first))


def begin(project: Project, source: Source, answers: Answers, *, replace: bool = False) -> Begun:
    """Write the four files and the policy of a project from a file of rows.

    Raises DataError as `draft` does, ProjectError where a file that would be replaced holds what git does not; then
    nothing is written.
    """
    drafted = draft(source.columns, answers)
    package = project.package
    first = judging_of(drafted.contract).first_steps(drafted.contract)
    texts = _rendered(project, source, drafted, first)
    policy = _policy(project, first, grouped=bool(answers.user))
    changed = [*(package / name for name in texts), project.root / POLICY_FILE]
    if not replace:
        _require_kept(project, changed)
    place = _placed(project, source.path, replace=replace)
    if place != source.path.resolve():
        place.parent.mkdir(exist_ok=True)
        shutil.copyfile(source.path, place)
    for name, text in texts.items():
        (package / name).write_text(text, encoding="utf-8")
    (project.root / POLICY_FILE).write_text(policy, encoding="utf-8")
    return Begun(
        draft=drafted,
        written=tuple(path.relative_to(project.root).as_posix() for path in changed),
        file=place.relative_to(project.root).as_posix(),
        large=place.stat().st_size > LARGE,
    )


def _require_kept(project: Project, paths: Sequence[Path]) -> None:
    names = [path.relative_to(project.root).as_posix() for path in paths if path.exists()]
    if names and (changed := git(project.root, "status", "--porcelain", "--", *names, error=ProjectError)):
        raise ProjectError(
            "Files that would be replaced hold changes that are not committed.",
            value=[line[3:] for line in changed.splitlines()],
            next_step="commit them, or call it with --replace",
        )


def _placed(project: Project, path: Path, *, replace: bool) -> Path:
    """Return where the rows lie in the project: there already, or in its folder `data`."""
    if path.resolve().is_relative_to(project.root.resolve()):
        return path.resolve()
    place = project.root.resolve() / FOLDER / path.name
    if place.parent.exists() and not place.parent.is_dir():
        raise ProjectError(
            "The rows go into a folder, and a file has its name.",
            value=FOLDER,
            next_step="rename that file, or put the rows into the project yourself",
        )
    if place.exists() and place.read_bytes() != path.read_bytes() and not replace:
        raise ProjectError(
            "The project has another file of that name.",
            value=place.relative_to(project.root.resolve()).as_posix(),
            next_step="rename yours, or call it with --replace",
        )
    return place


def _rendered(project: Project, source: Source, drafted: Draft, first: FirstSteps) -> dict[str, str]:
    environment = Environment(
        loader=PackageLoader("trunkline.loop.model"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python is written, and every value of the file goes through `literal`
    )
    environment.filters["literal"] = literal
    place = _placed(project, source.path, replace=True).relative_to(project.root.resolve())
    facts: dict[str, object] = {
        "file": _quoted(source.path.name)[1:-1],
        "name": project.policy.name,
        "pandas": any(line.annotation.startswith("pd.") for line in drafted.lines),
        "fields": [written for line in drafted.lines for written in field_lines(line)],
        "parts": " / ".join(map(literal, place.parts)),
        "steps": _steps(source.table, drafted),
        "texts": drafted.texts,
        "first": first,
    }
    names = ("contract", "data", "features", "model")
    return {f"{name}.py": environment.get_template(f"{name}.py.j2").render(**facts) for name in names}


def _steps(table: Table, drafted: Draft) -> list[str]:
    """Return what load() does, as lines of Python."""
    options = "".join(f", {name}={literal(value)}" for name, value in table.options.items())
    lines = [f"frame = pd.{table.function}(FILE{options}){table.then}"]
    for name, reading in drafted.readings.items():
        column = f"frame[{literal(name)}]"
        lines.append(f"{column} = {reading.replace(COLUMN, column)}")
    if drafted.left_out:
        lines += [f"# {literal(name)} is left out: {reason}." for name, reason in drafted.left_out.items()]
        lines.append(f"frame = frame.drop(columns={literal(list(drafted.left_out))})")
    if drafted.unlabelled:
        lines.append(f"# {drafted.unlabelled:,} rows have no outcome: nobody can learn from them.")
        lines.append(f"frame = frame.dropna(subset=[{literal(drafted.contract.outcome.name)}])")
    start, equals, last = lines.pop().partition(" = ")
    return [*lines, f"return {last}"] if start == "frame" else [*lines, start + equals + last, "return frame"]


def field_lines(line: Line) -> list[str]:
    """Return one field of a contract as lines of Python."""
    words = [f"{name}={literal(value)}" for name, value in line.keywords.items()]
    lines = [f"    # {line.comment}"] if line.comment else []
    start = f"    {line.attribute}: {line.annotation} = trunkline.field("
    if len(whole := f"{start}{', '.join(words)})") <= WIDTH:
        return [*lines, whole]
    lines.append(start)
    for name, value in line.keywords.items():
        said = f"        {name}={literal(value)},"
        if isinstance(value, list) and len(said) > WIDTH:
            lines += [f"        {name}=[", *(f"            {literal(one)}," for one in value), "        ],"]
        else:
            lines.append(said)
    return [*lines, "    )"]


def literal(value: object) -> str:
    """Return a value as Python writes it, in the style of the generated project."""
    if isinstance(value, str):
        simple = '"' in value and "'" not in value and "\\" not in value and value.isprintable()
        return repr(value) if simple else _quoted(value)
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, int):
        return f"{value:_}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        inner = ", ".join(map(literal, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return repr(value)


def _quoted(text: str) -> str:
    """Return a text in double quotes, with escapes for signs that nobody would see, or that turn a line around."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode()
        for sign in json.dumps(text, ensure_ascii=False)
    )


def _policy(project: Project, first: FirstSteps, *, grouped: bool) -> str:
    """Return the policy without the lines of the example, with the metric and the split of the outcome."""
    path = project.root / POLICY_FILE
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 4096, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    written: Any = yaml.load(EXAMPLE.sub("", path.read_text(encoding="utf-8")))
    for room in (("training", "search"), ("gates", "performance"), ("monitoring", "performance")):
        section = written
        for name in room:
            section = section.setdefault(name, {})
        section["metric"] = first.metric
    split = written.setdefault("data", {}).setdefault("split", {})
    split["method"] = "grouped" if grouped else first.split
    stream = StringIO()
    yaml.dump(written, stream)
    return stream.getvalue()
