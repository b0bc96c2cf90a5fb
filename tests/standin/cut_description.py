"""Cut GitHub's official OpenAPI description to the paths that the stand-in serves.

Run it with the description of the npm package `@octokit/openapi` (generated/api.github.com.json) as its argument:
`python tests/standin/cut_description.py api.github.com.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

REPOSITORY = "/repos/{owner}/{repo}"
PATHS: dict[str, tuple[str, ...]] = {
    "": ("get",),
    "/actions/artifacts/{artifact_id}/{archive_format}": ("get",),
    "/actions/runs": ("get",),
    "/actions/runs/{run_id}/artifacts": ("get",),
    "/actions/workflows": ("get",),
    "/actions/workflows/{workflow_id}": ("get",),
    "/actions/workflows/{workflow_id}/dispatches": ("post",),
    "/actions/workflows/{workflow_id}/enable": ("put",),
    "/actions/workflows/{workflow_id}/runs": ("get",),
    "/commits/{commit_sha}/pulls": ("get",),
    "/environments": ("get",),
    "/environments/{environment_name}/deployment-branch-policies": ("get",),
    "/issues": ("get", "post"),
    "/issues/comments/{comment_id}": ("get", "patch"),
    "/issues/{issue_number}": ("get", "patch"),
    "/issues/{issue_number}/comments": ("get", "post"),
    "/issues/{issue_number}/events": ("get",),
    "/issues/{issue_number}/labels": ("get", "post", "put"),
    "/labels": ("get", "post"),
    "/pulls": ("get", "post"),
    "/pulls/{pull_number}": ("get", "patch"),
    "/pulls/{pull_number}/merge": ("put",),
    "/statuses/{sha}": ("post",),
}
"""The operations in use, by their path below the repository's."""
SILENT = {"description", "summary", "externalDocs", "tags", "examples", "example", "x-github", "x-octokit"}
"""Keys that say nothing about what is valid."""


def cut(description: dict[str, Any]) -> dict[str, Any]:
    """Return the description of the operations in use with every component that they need, and no prose."""
    kept: dict[str, Any] = {"components": {}}
    kept |= {key: description[key] for key in ("openapi", "info")}
    kept["info"] = {"title": description["info"]["title"], "version": description["info"]["version"]}
    kept["servers"] = description["servers"]
    kept["paths"] = {}
    waiting: list[Any] = []
    for end, methods in PATHS.items():
        path = REPOSITORY + end
        operations = {method: _bare(description["paths"][path][method]) for method in methods}
        kept["paths"][path] = operations
        waiting.append(operations)
    while waiting:
        for reference in sorted(_references(waiting.pop())):
            _, _, room, name = reference.split("/")
            shelf = kept["components"].setdefault(room, {})
            if name not in shelf:
                shelf[name] = _bare(description["components"][room][name])
                waiting.append(shelf[name])
    # GitHub answers null before an issue was ever closed, and its own description forgets that.
    reason = kept["components"]["schemas"]["issue"]["properties"]["state_reason"]
    reason["nullable"] = True
    if "enum" in reason:
        reason["enum"] = [*(value for value in reason["enum"] if value is not None), None]
    return kept


def _bare(node: Any, *, names: bool = False) -> Any:
    if isinstance(node, list):
        return [_bare(each) for each in node]
    if not isinstance(node, dict):
        return node
    silent = set() if names else SILENT  # below `properties` a key is a field's name
    kept = {
        key: _bare(value, names=key in ("properties", "patternProperties"))
        for key, value in node.items()
        if key not in silent
    }
    if "description" in node and not silent.isdisjoint(node) and _is_response(node):
        kept["description"] = ""  # a response must have one
    return kept


def _is_response(node: dict[str, Any]) -> bool:
    return not {"type", "schema", "in", "properties", "operationId", "$ref"} & set(node)


def _references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*(_references(each) for each in node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*(_references(value) for value in node.values()))


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    target = Path(__file__).with_name("github_api.json")
    target.write_text(json.dumps(cut(source), indent=1, sort_keys=True) + "\n", encoding="utf-8")
