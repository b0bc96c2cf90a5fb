"""How the stand-in's state reads as GitHub's JSON: the smallest valid object, with what is known put in."""

from __future__ import annotations

from typing import Any

from .description import blank
from .github import GitHub

Row = dict[str, Any]


def user(login: str, kind: str = "User") -> Row:
    """Return a user."""
    return blank("simple-user", login=login, type=kind, id=sum(login.encode()))


def repository(github: GitHub, full_name: str = "", *, schema: str = "repository") -> Row:
    """Return a repository; another full name is that of a fork."""
    full_name = full_name or github.repository
    owner, name = full_name.split("/")
    return blank(
        schema,
        full_name=full_name,
        name=name,
        owner=user(owner),
        default_branch=github.main,
        fork=full_name != github.repository,
    )


def event(kind: str) -> Row:
    """Return an event of an issue or pull request; the description has no shape for those that say nothing more."""
    return blank("locked-issue-event", event=kind, lock_reason=None)


def pull(github: GitHub, number: int, *, whole: bool = False) -> Row:
    """Return a pull request; `whole` adds what only the request for a single one tells."""
    row = github.threads[number]
    open_now = row["state"] == "open"
    head = (github.git.tip(row["head"]) if open_now and not row["fork"] else "") or row["sha"]
    merged = row["merged_at"] is not None
    values: Row = {
        "number": number,
        "id": number,
        "node_id": f"PR_{number}",
        "title": row["title"],
        "body": row["body"],
        "state": row["state"],
        "labels": [label(github, name) for name in row["labels"]],
        "user": user(row["login"], row["kind"]),
        "author_association": row["association"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "closed_at": row["closed_at"],
        "merged_at": row["merged_at"],
        "merge_commit_sha": row["merge"] or None,
        "head": _end(github, row["head"], head, row["fork"]),
        "base": _end(github, row["base"], github.git.tip(row["base"]), ""),
    }
    if wanted := row.get("auto_merge"):
        values["auto_merge"] = {
            "enabled_by": user("trunkline"),
            "merge_method": "merge",
            "commit_title": wanted["title"],
            "commit_message": wanted["message"],
        }
    if not whole:
        return blank("pull-request-simple", **values)
    mergeable = open_now and not row["fork"] and github.git.mergeable(row["base"], row["head"])
    return blank(
        "pull-request",
        **values,
        merged=merged,
        mergeable=None if merged else mergeable,
        mergeable_state="unknown" if merged else ("clean" if mergeable else "dirty"),
        comments=len(thread_comments(github, number)),
    )


def _end(github: GitHub, branch: str, sha: str, fork: str) -> Row:
    full_name = fork or github.repository
    owner = full_name.split("/")[0]
    return {
        "label": f"{owner}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": user(owner),
        "repo": repository(github, full_name),
    }


def issue(github: GitHub, number: int) -> Row:
    """Return an issue; a pull request is one too, and says so."""
    row = github.threads[number]
    values: Row = {
        "number": number,
        "id": number,
        "node_id": f"I_{number}",
        "title": row["title"],
        "body": row["body"],
        "state": row["state"],
        "state_reason": row.get("state_reason"),
        "labels": [label(github, name) for name in row["labels"]],
        "user": user(row["login"], row["kind"]),
        "author_association": row["association"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "closed_at": row["closed_at"],
        "comments": len(thread_comments(github, number)),
    }
    if "head" in row:
        address = f"https://api.github.com/repos/{github.repository}/pulls/{number}"
        values["pull_request"] = dict.fromkeys(("url", "html_url", "diff_url", "patch_url"), address)
        values["pull_request"]["merged_at"] = row["merged_at"]
    return blank("issue", **values)


def thread_comments(github: GitHub, number: int) -> list[tuple[int, Row]]:
    """Return the comments of an issue or pull request, oldest first, with their identifiers."""
    return [(key, row) for key, row in sorted(github.comments.items()) if row["thread"] == number]


def comment(github: GitHub, identifier: int) -> Row:
    """Return a comment."""
    row = github.comments[identifier]
    return blank(
        "issue-comment",
        id=identifier,
        body=row["body"],
        user=user(row["login"], row["kind"]),
        author_association=row["association"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def label(github: GitHub, name: str) -> Row:
    """Return a label."""
    known = github.labels[name.lower()]
    return blank(
        "label", name=known["name"], color=known["color"], description=known["description"], default=False
    )


def workflow(github: GitHub, file: str) -> Row:
    """Return a workflow."""
    row = github.workflows[file]
    return blank(
        "workflow",
        id=row["id"],
        name=file.removesuffix(".yml"),
        path=f".github/workflows/{file}",
        state=row["state"],
    )


def run(github: GitHub, identifier: int) -> Row:
    """Return a run of a workflow."""
    row = github.runs[identifier]
    return blank(
        "workflow-run",
        id=identifier,
        path=f".github/workflows/{row['workflow']}",
        workflow_id=github.workflows[row["workflow"]]["id"],
        head_sha=row["head_sha"],
        head_branch=row["head_branch"] or None,
        event=row["event"],
        status=row["status"],
        conclusion=row["conclusion"],
        created_at=row["created_at"],
        updated_at=row["created_at"],
        repository=repository(github, schema="minimal-repository"),
        head_repository=repository(github, row["head_repository"], schema="minimal-repository"),
    )


def artifact(github: GitHub, identifier: int) -> Row:
    """Return an artifact."""
    row = github.artifacts[identifier]
    time = github.runs[row["run"]]["created_at"]
    return blank(
        "artifact",
        id=identifier,
        name=row["name"],
        size_in_bytes=len(row["zip"]) // 2,
        expired=row["expired"],
        digest=row["digest"],
        created_at=time,
        updated_at=time,
        expires_at="2099-01-01T00:00:00Z",
        workflow_run={"id": row["run"], "head_sha": github.runs[row["run"]]["head_sha"]},
    )
