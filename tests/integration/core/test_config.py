"""Reading trunkline.yaml: what is wrong is named by file and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.policy.reading import read_policy, read_yaml

HEAD = "name: arrests\npackage: arrests\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "trunkline.yaml"


def refusal(file: Path, text: str) -> PolicyError:
    file.write_text(text)
    with pytest.raises(PolicyError) as caught:
        read_policy(file)
    return caught.value


def test_a_policy_is_read_with_its_comments_and_defaults(file: Path) -> None:
    file.write_text(HEAD + "# Stricter than usual.\ngates:\n  performance: {floors: {roc_auc: 0.7}}\n")
    policy = read_policy(file)
    assert policy.gates.performance.floors == {"roc_auc": 0.7}
    assert policy.serving.maximum_rows == 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gats: {}\n", "unknown key gats (did you mean gates?)"),
        ("data: {splt: {}}\n", "unknown key data.splt (did you mean split?)"),
        (
            "gates: {performance: {flors: {roc_auc: 0.7}}}\n",
            "unknown key gates.performance.flors (did you mean floors?)",
        ),
        ("data: {xyz: 1}\n", "unknown key data.xyz (known: window, split, environment, rows, minimum_rows)"),
    ],
)
def test_an_unknown_key_is_named_with_what_was_meant(file: Path, text: str, words: str) -> None:
    error = refusal(file, HEAD + text)
    assert words in error.what
    assert error.what.startswith("trunkline.yaml: ")
    assert "trunkline schema" in error.next_step


def test_an_unknown_key_in_a_list_is_named_by_its_place(file: Path) -> None:
    error = refusal(file, HEAD + "responses: {rules: [{kind: data, at_lest: info}]}\n")
    assert "unknown key responses.rules.0.at_lest (did you mean at_least?)" in error.what


@pytest.mark.parametrize(
    ("text", "key", "found"),
    [
        ("serving: {maximum_rows: many}\n", "serving.maximum_rows", "'many'"),
        ("serving: {maximum_rows: 0}\n", "serving.maximum_rows", "0"),
        ("data: {split: {test: 0.9}}\n", "data.split.test", "0.9"),
        ("rollout: {canary_share: 1}\n", "rollout.canary_share", "1"),
        ("rollout: {ladder: [{strategy: canary}]}\n", "rollout.ladder.0", "{'strategy': 'canary'}"),
        (
            "rollout: {ladder: [{strategy: silent, share: 0.1}]}\n",
            "rollout.ladder.0",
            "{'share': 0.1, 'strategy': 'silent'}",
        ),
        (
            "rollout: {ladder: [{strategy: silent}, {strategy: silent}]}\n",
            "rollout.ladder",
            "[{'strategy': 'silent'}, {'strategy': 'silent'}]",
        ),
        (
            "rollout: {ladder: [{strategy: silent}], canary_share: 0.1}\n",
            "rollout",
            "{'canary_share': 0.1, 'ladder': [{'strategy': 'silent'}]}",
        ),
        ("rollout: {stages: [blue]}\n", "rollout.stages.0", "'blue'"),
        ("rollout: {stages: [single, single]}\n", "rollout.stages", "['single', 'single']"),
        ("gates: {performance: {resamples: 10}}\n", "gates.performance.resamples", "10"),
        ("forge: {kind: gitlab}\n", "forge.kind", "'gitlab'"),
        ("monitoring: \n", "monitoring", "None"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(file: Path, text: str, key: str, found: str) -> None:
    error = refusal(file, HEAD + text)
    assert f"{key}: " in error.what
    assert f"(found {found})" in error.what
    assert "Value error" not in error.what


def test_every_mistake_is_named_at_once(file: Path) -> None:
    error = refusal(file, HEAD + "gats: {}\nserving: {maximum_rows: many}\n")
    assert "gats" in error.what
    assert "serving.maximum_rows" in error.what


def test_a_missing_name_is_named(file: Path) -> None:
    assert "name: it is missing" in refusal(file, "package: arrests\n").what


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "- a\n- list\n", "just words\n"])
def test_a_file_without_keys_is_refused(file: Path, text: str) -> None:
    assert "must hold keys and values" in refusal(file, text).what


@pytest.mark.parametrize("text", ["name: [unclosed\n", "name: a\nname: b\n", "\tname: tab\n", "a: b: c\n"])
def test_what_is_not_yaml_is_refused_with_its_place(file: Path, text: str) -> None:
    error = refusal(file, text)
    assert "is not YAML" in error.what
    assert re.search("lines? [12]", error.what)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(PolicyError, match=r"Cannot read .*trunkline\.yaml"):
        read_policy(file)


def test_a_folder_in_its_place_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(PolicyError, match="Cannot read"):
        read_policy(file)


def test_bytes_that_are_no_text_are_refused(file: Path) -> None:
    file.write_bytes(b"name: \xff\xfe\n")
    with pytest.raises(PolicyError, match="UTF-8"):
        read_policy(file)


def test_yaml_cannot_build_objects(file: Path, tmp_path: Path) -> None:
    file.write_text(f"name: !!python/object/apply:os.system ['touch {tmp_path}/planted']\n")
    with pytest.raises(PolicyError):
        read_yaml(file)
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("serving: {log: {store: 's3://bucket'}}", "{environment} is missing"),
        ("serving: {log: {store: 'file://share/{environment}'}}", "file:///share/{environment}"),
        ("serving: {log: {store: 'ftp://x/{environment}'}}", "s3://"),
        ("serving: {log: {store: '/share'}}", "file://"),
        ("serving: 3", "keys and values"),
        ("serving: {maximum_rows: many}", "whole number"),
        ("serving: {maximum_rows: 0}", "it must be greater than or equal to 1"),
        ("serving: {sync_log: maybe}", "true or false"),
        ("rollout: {ladder: canary}", "a list"),
        ("rollout: {ladder: [canary]}", "keys and values"),
        ("rollout: {margin: much}", "a number"),
        ("rollout: {environment: 3}", "a text"),
        ("rollout: {promotion: maybe}", "'manual' or 'automatic'"),
        ("forge: {repository: one}", "owner/name"),
        ("forge: {api: one}", "https://"),
        ("responses: {rules: [{kind: data, labels: ['a,b']}]}", "no comma"),
        ("gates: {performance: {slices: [{name: A B, where: {a: 1}, floors: {r2: 0.1}}]}}", "small letters"),
    ],
)
def test_what_a_key_takes_is_said_without_patterns_and_classes(file: Path, text: str, said: str) -> None:
    what = refusal(file, HEAD + text + "\n").what
    assert said in what
    assert not any(word in what for word in ("pattern", "instance of", "tuple", "Input should", "dictionary"))
