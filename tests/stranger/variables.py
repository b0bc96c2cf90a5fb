"""The variables that GitHub always sets for a step of a job, by their real names."""

from __future__ import annotations

from pathlib import Path

FILES = ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY")
"""Those that name a file which a step may write to, for the rest of its job."""


def workflow_variables(folder: Path, *, workspace: Path, commit: str, token: str = "") -> dict[str, str]:
    """Return what a step of `ci.yml` finds in its environment on pull request 3; its files lie in `folder`.

    `commit` is the trial merge that was checked out, `token` is what a workflow hands on by itself; GitHub sets none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / name.lower() for name in (*FILES, "GITHUB_EVENT_PATH")}
    for path in files.values():
        path.touch()
    files["GITHUB_EVENT_PATH"].write_text('{"action": "synchronize", "number": 3}', encoding="utf-8")
    variables = {
        "CI": "true",
        "GITHUB_ACTION": "__run_3",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_REF": "",
        "GITHUB_ACTION_REPOSITORY": "",
        "GITHUB_ACTOR": "ada",
        "GITHUB_ACTOR_ID": "1815",
        "GITHUB_API_URL": "https://api.github.com",
        "GITHUB_BASE_REF": "main",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_GRAPHQL_URL": "https://api.github.com/graphql",
        "GITHUB_HEAD_REF": "model/better",
        "GITHUB_JOB": "tests",
        "GITHUB_REF": "refs/pull/3/merge",
        "GITHUB_REF_NAME": "3/merge",
        "GITHUB_REF_PROTECTED": "false",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_REPOSITORY": "acme/churn",
        "GITHUB_REPOSITORY_ID": "424242",
        "GITHUB_REPOSITORY_OWNER": "acme",
        "GITHUB_REPOSITORY_OWNER_ID": "4242",
        "GITHUB_RETENTION_DAYS": "90",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_ID": "19600000001",
        "GITHUB_RUN_NUMBER": "7",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": commit,
        "GITHUB_TRIGGERING_ACTOR": "ada",
        "GITHUB_WORKFLOW": "ci",
        "GITHUB_WORKFLOW_REF": "acme/churn/.github/workflows/ci.yml@refs/pull/3/merge",
        "GITHUB_WORKFLOW_SHA": commit,
        "GITHUB_WORKSPACE": str(workspace),
        "RUNNER_ARCH": "X64",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "RUNNER_NAME": "GitHub Actions 12",
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": str(folder),
        "RUNNER_TOOL_CACHE": str(folder / "toolcache"),
        "RUNNER_WORKSPACE": str(workspace.parent),
    }
    return (
        variables
        | {name: str(path) for name, path in files.items()}
        | ({"GITHUB_TOKEN": token} if token else {})
    )
