"""Faults that any workflow can have, planted into the ones that are really used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..repository import Repository


@dataclass(frozen=True)
class Everywhere:
    """A pattern whose replacement is a fault in every workflow where it stands, and the check that must see it."""

    name: str
    pattern: str
    replacement: str
    rule: str

    def planted(self, repository: Repository) -> Iterator[tuple[str, Repository]]:
        """Yield the repository once for each workflow that has the pattern, with the fault in that one."""
        for workflow in repository.workflows:
            faulty = re.sub(self.pattern, self.replacement, workflow.text, count=1, flags=re.MULTILINE)
            if faulty != workflow.text:
                changed = tuple(
                    replace(one, text=faulty) if one.file == workflow.file else one
                    for one in repository.workflows
                )
                yield workflow.file, replace(repository, workflows=changed)


EVERYWHERE = (
    Everywhere("nothing-at-the-top", r"^permissions: \{\}$", "permissions: read-all", "permissions"),
    Everywhere("right-without-reason", r"^(      [\w-]+: (?:read|write)) #.*$", r"\1", "permissions"),
    Everywhere("no-timeout", r"^    timeout-minutes: \d+\n", "", "timeouts"),
    Everywhere("not-a-commit", r"@[0-9a-f]{40} # (v[\d.]+)$", r"@\1", "pins"),
    Everywhere("no-version", r"(@[0-9a-f]{40}) # v[\d.]+$", r"\1", "pins"),
    Everywhere("cut-off", r"^( +)cancel-in-progress: false$", r"\1cancel-in-progress: true", "concurrency"),
    Everywhere("piled-up", r"^  cancel-in-progress: true$", "  cancel-in-progress: false", "concurrency"),
    Everywhere(
        "no-group",
        r"^    concurrency:\n      group: .*\n      cancel-in-progress: false\n",
        "",
        "concurrency",
    ),
    Everywhere(
        "group-above",
        r"^permissions: \{\}\n(?!\nconcurrency)",
        "permissions: {}\n\nconcurrency:\n  group: all\n  cancel-in-progress: false\n",
        "concurrency",
    ),
    Everywhere(
        "python-everywhere", r"^        if: runner\.environment == 'github-hosted'.*\n", "", "runners"
    ),
    Everywhere(
        "a-cache-for-all", r'^(          python-version: "3.11")$', r"\1\n          cache: pip", "caches"
    ),
    Everywhere("other-machine", r"ubuntu-\d\d\.\d\d", "ubuntu-latest", "runners"),
    Everywhere("no-target", r"run: make [\w-]+", "run: make nothing-of-the-kind", "targets"),
    Everywhere("no-job-name", r"^    name: .*\n", "", "naming"),
    Everywhere("full-hour", r"cron: \"\d+ ", 'cron: "0 ', "schedules"),
    Everywhere("every-hour-for-nothing", r"\|\| vars\.TRUNKLINE_RUNNER != ''", "|| true", "schedules"),
    Everywhere("no-server", r"^ +MLFLOW_TRACKING_URI: .*\n", "", "reach"),
    Everywhere("no-login", r"^ +if: vars\.AWS_ROLE_ARN != ''\n", "", "reach"),
    Everywhere("sleeps-too", r"^  schedule:", "  push:\n    branches: [main]\n  schedule:", "schedules"),
    Everywhere(
        "comments-start-it", r"^  workflow_dispatch:", "  issue_comment:\n  workflow_dispatch:", "strangers"
    ),
    Everywhere("expression-in-script", r"run: make ", "run: X=${{ github.sha }} make ", "scripts"),
    Everywhere("any-branch", r"github\.ref == 'refs/heads/main'", "true", "branches"),
    Everywhere("not-cancellable", r"!cancelled\(\)", "always()", "cleanup"),
)
