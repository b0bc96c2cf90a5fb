"""No input gives a traceback: every verb, on files that somebody broke and with words that nobody means.

An answer is success or an error of the table in docs/errors.md; `UnforeseenError` is none. What was found once is kept
as a case of its own in the lists below.
"""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from trunkline.cli.main import VERBS, WORKFLOW_VERBS, run
from trunkline.core import errors
from trunkline.core.errors import TrunklineError, UnforeseenError
from trunkline.core.policy.policy import Policy
from trunkline.core.project import Project

ANSWERS = {0, 2} | {
    found.exit_code
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, TrunklineError) and found not in (TrunklineError, UnforeseenError)
}
Ask = Callable[..., None]


@pytest.fixture(scope="module")
def walked(
    make_project: Callable[[Path], Project], git: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A project that was released, served, asked, watched and stopped again: it has a file of every kind."""
    root = make_project(tmp_path_factory.mktemp("walked") / "loans").root
    locustfile = root / "loadtest" / "locustfile.py"
    locustfile.parent.mkdir()
    locustfile.write_text("")
    row = {"month": 3, "income": 50.0, "region": "north", "sex": "f", "repaid": "yes"}
    rows = "".join(json.dumps({"case": place} | row) + "\n" for place in range(150))
    (root / "rows.jsonl").write_text(rows)

    def must(*words: str) -> None:
        assert run(["--project", str(root), *words]) == 0, words

    must("snapshot")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Lock")
    git(root, "push", "--quiet", "origin", "main")
    must("release")
    must("pr", "merge", "1")
    git(root, "pull", "--quiet")
    must("deploy")
    try:
        must("send", str(root / "rows.jsonl"), "--outcomes", str(root / "outcomes.jsonl"))
        must("truth", str(root / "outcomes.jsonl"))
        must("monitor", "--respond")
        must("ci", "pack", "--to", str(root / "packed"))
    finally:
        must("stop")
    return root


@pytest.fixture
def copy(walked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of that project, to be broken; what it may have started is stopped."""
    root = tmp_path / "loans"
    shutil.copytree(walked, root, symlinks=True)
    monkeypatch.chdir(root)
    yield root
    run(["--project", str(root), "stop"])


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a verb in the folder that the process stands in, and look at its answer."""

    def run_it(*words: str) -> None:
        code = run(list(words))
        said = capsys.readouterr().err
        assert code in ANSWERS, f"trunkline {' '.join(words)[:300]} ended with {code}: {said}"
        assert "Traceback" not in said, f"trunkline {' '.join(words)[:300]}: {said}"

    return run_it


def replaced(path: Path, kind: str) -> None:
    """Put something else in a file's place."""
    content = path.read_bytes()
    path.unlink()
    if kind == "directory":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "missing":
        pass
    else:
        path.write_bytes(
            {
                "empty": b"",
                "binary": b"\x00\xff\xfe\x80" * 64,
                "truncated": content[: len(content) // 2],
                "wrong types": b'{"schema": 5, "number": [], "bundle": {}, "name": 1e400}\n',
                "nested": b"[" * 3000,
                "other types": other_types(content),
                "half a line": content + b'{"schema": ',
            }[kind]
        )


def other_types(content: bytes) -> bytes:
    """Return JSON, or JSON lines, with every value of the first level of another type."""
    lines = []
    for line in content.splitlines() if content.count(b"\n{") else [content]:
        try:
            value = json.loads(line)
        except ValueError:
            return b"- 1\n- {a: [}\n"
        wrong = {key: ["x"] if key != "schema" else each for key, each in value.items()}
        lines.append(json.dumps(wrong).encode())
    return b"\n".join(lines) + b"\n"


KINDS = (
    "empty",
    "binary",
    "truncated",
    "directory",
    "loop",
    "missing",
    "wrong types",
    "nested",
    "other types",
    "half a line",
)
BY_ALL = {"binary", "missing", "wrong types", "other types"}
"""How a file is broken for each verb that reads it; otherwise the first one speaks for all."""
OF_JSON = {"wrong types", "nested", "other types", "half a line"}
"""What would say nothing new about a file that holds none."""
READERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "trunkline.yaml": (
        ("check",),
        ("status",),
        ("pr", "list"),
        ("explain", "data/leakage"),
        ("forge",),
        ("release",),
    ),
    "data.lock": (
        ("train",),
        ("evaluate",),
        (
            "ci",
            "register",
        ),
        ("deepchecks",),
        ("ci", "adopt", "--scheduled"),
        ("explain", "data/leakage"),
    ),
    "deployments/production.yaml": (("plan",), ("promote", "--stage", "silent"), ("bring",), ("page",)),
    ".trunkline/bundles/*/bundle.json": (("train",), ("truth", "outcomes.jsonl"), ("trace", "ID")),
    ".trunkline/bundles/*/contract.json": (("truth", "outcomes.jsonl"), ("monitor",)),
    ".trunkline/bundles/*/profile.json": (("monitor",),),
    ".trunkline/live/production/bundles/*/bundle.json": (
        ("deploy",),
        ("truth", "outcomes.jsonl"),
        ("monitor",),
    ),
    ".trunkline/live/production/bundles/*/profile.json": (("monitor",), ("rollout",)),
    ".trunkline/evaluations/*/evaluation.json": (
        ("page",),
        ("explain", "data/leakage"),
        ("ci", "pack", "--to", "elsewhere"),
    ),
    ".trunkline/evaluations/*/report.md": (("ci", "pack", "--to", "elsewhere"),),
    ".trunkline/forge/pulls/0001.json": (("pr", "list"), ("pr", "show", "1"), ("trace", "ID"), ("page",)),
    ".trunkline/forge/issues/*.json": (("issue", "list"), ("issue", "show", "2"), ("respond",)),
    ".trunkline/keys/*.json": (("explain", "data/leakage"),),
    ".trunkline/live/production/history.jsonl": (("page",), ("status",), ("plan",), ("rollout",)),
    ".trunkline/live/production/release.json": (("status",), ("plan",), ("monitor",), ("send", "rows.jsonl")),
    ".trunkline/live/production/service.log": (("monitor",), ("rollout",)),
    ".trunkline/mlflow.db": (("store", "status"), ("plan", "--change")),
    ".trunkline/monitoring/production/*.jsonl": (("respond",), ("page",)),
    ".trunkline/predictions/production/*.jsonl": (("monitor",), ("trace", "ID"), ("rollout",)),
    ".trunkline/snapshots/*/snapshot.json": (("train", "--again"), ("trace", "ID")),
    ".trunkline/snapshots/*/contract.json": (("train", "--again"),),
    ".trunkline/snapshots/*/train.parquet": (("train", "--again"),),
    ".trunkline/truth/production.jsonl": (("monitor",), ("trace", "ID")),
    "model_cards/v0001/README.md": (("card", "1"),),
    "packed/report/report.md": (("ci", "report", "--from", "packed", "--number", "1", "--needs", "{}"),),
    "outcomes.jsonl": (("truth", "outcomes.jsonl"),),
    "rows.jsonl": (("send", "rows.jsonl"),),
    "src/loans/contract.py": (("check",), ("train",)),
    "src/loans/data.py": (("snapshot",),),
    "src/loans/features.py": (("check",),),
    "loadtest/locustfile.py": (("check",),),
    ".git/HEAD": (("train",), ("pr", "open"), ("deploy",), ("plan", "--change")),
}


def identity_in(root: Path) -> str:
    log = next((root / ".trunkline/predictions/production").glob("*.jsonl"))
    return str(json.loads(log.read_text().splitlines()[0])["id"])


@pytest.mark.parametrize("pattern", READERS)
def test_a_file_that_somebody_broke_is_named_by_every_verb_that_reads_it(
    pattern: str, copy: Path, ask: Ask
) -> None:
    identity = identity_in(copy)
    path = next(iter(sorted(copy.glob(pattern))))
    kept = copy.parent / "kept"
    for kind in KINDS:
        if kind in OF_JSON and path.suffix not in (".json", ".jsonl", ".yaml", ".lock"):
            continue
        shutil.copy2(path, kept)
        replaced(path, kind)
        for words in READERS[pattern] if kind in BY_ALL else READERS[pattern][:1]:
            ask(*(identity if word == "ID" else word for word in words))
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept.rename(path)


WORDS = (
    "",
    "-1",
    "0",
    "99999999999999999999",
    "../x",
    "a/b",
    "ü",
    "%s",
    "a" * 5000,
    "x y",
    "sha256:",
    "{}",
    "--",
    "\u2028",
)
CALLS: tuple[tuple[str, ...], ...] = (
    ("status", "WORD"),
    ("stop", "WORD"),
    ("plan", "WORD"),
    ("apply", "WORD", "--checksum", "x"),
    ("apply", "--checksum", "WORD"),
    ("deploy", "WORD"),
    ("infra", "plan", "WORD"),
    ("infra", "apply", "WORD", "--checksum", "x"),
    ("infra", "destroy", "WORD"),
    ("monitor", "WORD"),
    ("respond", "WORD"),
    ("rollout", "WORD"),
    ("retrain", "WORD", "--scheduled"),
    ("trace", "WORD"),
    ("card", "WORD"),
    ("explain", "WORD"),
    ("truth", "WORD"),
    ("truth", "rows.jsonl", "--environment", "WORD"),
    ("score", "WORD", "out.csv"),
    ("score", "rows.jsonl", "WORD"),
    ("score", "rows.jsonl", "out.jsonl", "--environment", "WORD"),
    ("score", "rows.jsonl", "out.jsonl", "--keep", "WORD", "--leave-out", "WORD"),
    ("score", "rows.jsonl", "out.jsonl", "--compute", "WORD"),
    ("send", "WORD"),
    ("send", "rows.jsonl", "--to", "WORD"),
    ("serve", "--bundle", "WORD"),
    ("promote", "--stage", "canary", "--version", "WORD"),
    ("ci", "rehearse", "--version", "WORD"),
    ("ci", "image", "--version", "WORD"),
    ("pr", "show", "WORD"),
    ("pr", "merge", "WORD"),
    ("pr", "close", "WORD"),
    ("pr", "list", "--state", "WORD"),
    ("pr", "open", "--title", "WORD"),
    ("issue", "show", "WORD"),
    ("ci", "conclude", "--needs", "WORD", "--commit", "WORD"),
    ("ci", "report", "--needs", "WORD", "--number", "1"),
    ("ci", "report", "--needs", "{}", "--branch", "WORD"),
    ("upgrade", "WORD"),
    ("unit", "WORD"),
    ("verify", "WORD"),
    ("ci", "sbom", "--to", "WORD"),
    ("sign", "--bundle", "WORD"),
    ("sign", "--image", "WORD"),
    ("forget", "WORD"),
    ("forget", "WORD", "--environment", "WORD"),
    ("store", "WORD"),
    ("load", "--host", "WORD"),
    ("WORD",),
    ("--project", "WORD", "status"),
    ("page", "--environment", "WORD"),
    ("page", "--output", "WORD"),
    ("judge", "--title", "WORD"),
    ("deepchecks", "--bundle", "WORD"),
    ("ci", "pack", "--to", "elsewhere", "--bundle", "WORD"),
    ("truth", "--withdraw", "WORD"),
    ("truth", "--withdraw", "WORD", "--environment", "WORD"),
    ("example", "--address", "WORD"),
    ("ci", "heartbeat", "WORD"),
    ("status", "--for", "WORD"),
    ("explain", "fairness/WORD"),
    ("schema", "WORD"),
    ("forge", "WORD"),
    ("release", "--bundle", "WORD"),
    ("init", "WORD"),
    ("init", "trunkline.yaml", "--outcome", "WORD"),
    ("key", "WORD"),
    ("key", "new", "--environment", "WORD", "--scope", "WORD"),
    ("key", "new", "--scope", "log", "--days", "WORD"),
    ("key", "list", "--environment", "WORD"),
    ("key", "revoke", "WORD"),
)


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_words_that_nobody_means_are_refused(words: tuple[str, ...], copy: Path, ask: Ask) -> None:
    for hostile in WORDS[::4] if words[0] in ("page", "load") else WORDS:
        if words in (("serve", "--bundle", "WORD"), ("release", "--bundle", "WORD")) and hostile in ("", "0"):
            continue  # it would serve or release, for a digest may begin with 0
        ask(*(word.replace("WORD", hostile) for word in words))


def test_every_verb_is_asked_here() -> None:
    calls = [*CALLS, *(words for verbs in READERS.values() for words in verbs)]
    asked = {words[1] if words[0] == "ci" else words[0] for words in calls}
    assert {*VERBS, *WORKFLOW_VERBS} - asked == set()


def leaves(section: type[BaseModel], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every key of the policy."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, (*before, name))
        yield (*before, name)


VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        [None, True, -1, 0, 10**30, 1e308, "", "\0", "../..", "☃", "%(x)s", "x" * 5000, [], {}, [[]], [None]]
    ),
    st.sampled_from(
        ["http://[::1", "sqlite:///\0", "--upload-pack=x", "2026-13-01", "roc_auc", "{}", "a/b", "*"]
    ),
    st.text(max_size=8),
    st.floats(allow_nan=False),
)


@settings(
    max_examples=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(key=st.sampled_from(sorted(leaves(Policy))), value=VALUES)
@example(key=("gates", "load", "locustfile"), value="\0")
@example(key=("forge", "path"), value="\0")
@example(key=("forge", "main"), value="\U00010000")
@example(key=("registry", "uri"), value="sqlite:///\0")
@example(key=("serving", "host"), value="☃")
@example(key=("rollout", "environment"), value="x" * 5000)
def test_a_policy_that_says_anything_at_all_is_answered(
    key: tuple[str, ...], value: object, copy: Path, ask: Ask
) -> None:
    policy: dict[str, Any] = {"name": "loans", "package": "loans", "data": {"minimum_rows": 300}}
    section = policy
    for part in key[:-1]:
        section = section.setdefault(part, {})
    section[key[-1]] = value
    (copy / "trunkline.yaml").write_text(json.dumps(policy))
    for words in (("status",), ("pr", "list"), ("plan",), ("promote", "--stage", "silent")):
        ask(*words)
