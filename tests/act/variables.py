"""The variables that GitHub sets in every step of every job, by its reference of variables."""

from __future__ import annotations

ALWAYS = (
    "CI",
    "GITHUB_ACTION",
    "GITHUB_ACTIONS",
    "GITHUB_ACTOR",
    "GITHUB_ACTOR_ID",
    "GITHUB_API_URL",
    "GITHUB_ENV",
    "GITHUB_EVENT_NAME",
    "GITHUB_EVENT_PATH",
    "GITHUB_GRAPHQL_URL",
    "GITHUB_JOB",
    "GITHUB_OUTPUT",
    "GITHUB_PATH",
    "GITHUB_REF",
    "GITHUB_REF_NAME",
    "GITHUB_REF_PROTECTED",
    "GITHUB_REF_TYPE",
    "GITHUB_REPOSITORY",
    "GITHUB_REPOSITORY_ID",
    "GITHUB_REPOSITORY_OWNER",
    "GITHUB_REPOSITORY_OWNER_ID",
    "GITHUB_RETENTION_DAYS",
    "GITHUB_RUN_ATTEMPT",
    "GITHUB_RUN_ID",
    "GITHUB_RUN_NUMBER",
    "GITHUB_SERVER_URL",
    "GITHUB_SHA",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_TRIGGERING_ACTOR",
    "GITHUB_WORKFLOW",
    "GITHUB_WORKFLOW_REF",
    "GITHUB_WORKFLOW_SHA",
    "GITHUB_WORKSPACE",
    "RUNNER_ARCH",
    "RUNNER_ENVIRONMENT",
    "RUNNER_NAME",
    "RUNNER_OS",
    "RUNNER_TEMP",
    "RUNNER_TOOL_CACHE",
)
OF_A_MACHINE = {
    "GITHUB_ACTOR_ID": "1001",
    "GITHUB_REF_PROTECTED": "true",
    "GITHUB_REPOSITORY_ID": "5001",
    "GITHUB_REPOSITORY_OWNER_ID": "2001",
    "GITHUB_TRIGGERING_ACTOR": "ada",
    "RUNNER_NAME": "GitHub Actions 7",
}
"""Those that act leaves out, as a run of GitHub's own has them."""


def of_a_run(repository: str, workflow: str, commit: str, api: str) -> dict[str, str]:
    """Return what a run has beside what act sets by itself."""
    return OF_A_MACHINE | {
        "ACT": "",
        "GITHUB_GRAPHQL_URL": f"{api}/graphql",
        "GITHUB_WORKFLOW_REF": f"{repository}/.github/workflows/{workflow}@refs/heads/main",
        "GITHUB_WORKFLOW_SHA": commit,
    }
