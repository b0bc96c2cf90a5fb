"""Only a job that attests or logs in somewhere may prove who it is."""

from __future__ import annotations

import re

from ..finding import Remarks
from ..repository import Repository
from ..workflow import line_of

ACTIONS = re.compile(
    r"actions/attest[\w-]*|aws-actions/configure-aws-credentials|aws-actions/amazon-ecr-login|azure/login"
    r"|google-github-actions/auth|pypa/gh-action-pypi-publish|sigstore/[\w-]+"
)


def check(repository: Repository) -> Remarks:
    """Yield each job that may ask for an identity and has no use for it."""
    for workflow in repository.workflows:
        for job in workflow.jobs.values():
            if job.granted.get("id-token") != "write":
                continue
            used = any(ACTIONS.fullmatch(step.action) for step in job.steps)
            if not used and not any(
                re.search(r"--trusted-publishing|\bcosign\b", step.run) for step in job.steps
            ):
                yield workflow, line_of(job.granted, "id-token"), "nothing in this job attests or logs in"
