"""Faults of flow: something is skipped, lost, cut off, waited for in vain, or green though it should be red."""

from .fault import CI, MONITOR, RELEASE, Fault, both, swap

OWN = "own"
UPLOAD = """\
      - run: make evaluate
      - uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1
        with:
          name: report
          path: packed
"""
GROUP = """\
concurrency:
  group: everything
  cancel-in-progress: false
"""

LOGIN = """\
      - uses: aws-actions/configure-aws-credentials@517a711dbcd0e402f90c77e7e2f81e849156e31d # v6.2.2
        if: vars.AWS_ROLE_ARN != ''
        with:
          role-to-assume: ${{ vars.AWS_ROLE_ARN }}
          aws-region: ${{ vars.AWS_REGION }}
"""
PUSH = "  push:\n    branches: [main]\n  workflow_dispatch:\n"

FAULTS = (
    Fault("no-timeout", CI, swap("    timeout-minutes: 30\n", ""), OWN, "timeouts"),
    Fault("timeout-of-a-day", CI, swap("timeout-minutes: 30", "timeout-minutes: 1440"), OWN, "timeouts"),
    Fault(
        "no-concurrency",
        MONITOR,
        swap("    concurrency:\n      group: monitor\n      cancel-in-progress: false\n", ""),
        "zizmor",
        "concurrency-limits",
    ),
    Fault(
        "release-cut-off",
        RELEASE,
        swap("cancel-in-progress: false", "cancel-in-progress: true"),
        OWN,
        "concurrency",
    ),
    Fault(
        "checks-pile-up",
        CI,
        swap("cancel-in-progress: true", "cancel-in-progress: false"),
        OWN,
        "concurrency",
    ),
    Fault("concurrency-unsaid", MONITOR, swap("\n      cancel-in-progress: false", ""), "own", "concurrency"),
    Fault(
        "group-held-while-a-person-is-asked",
        RELEASE,
        both(
            swap("    concurrency:\n      group: release\n      cancel-in-progress: false\n", ""),
            swap("permissions: {}\n", "permissions: {}\n\n" + GROUP),
        ),
        OWN,
        "concurrency",
    ),
    Fault(
        "group-held-above-too",
        RELEASE,
        swap("permissions: {}\n", "permissions: {}\n\n" + GROUP),
        OWN,
        "concurrency",
    ),
    Fault(
        "pass-forgets-a-job",
        CI,
        swap("needs: [test, model, report]", "needs: [test, report]"),
        OWN,
        "required",
    ),
    Fault("pass-is-skipped", CI, swap("    if: always()\n", ""), OWN, "required"),
    Fault(
        "pass-ignores-cancelled", CI, swap(" || contains(needs.*.result, 'cancelled')", ""), OWN, "required"
    ),
    Fault("pass-ignores-failure", CI, swap("contains(needs.*.result, 'failure') || ", ""), OWN, "required"),
    Fault("pass-never-red", CI, swap("run: exit 1", "run: echo red"), OWN, "required"),
    Fault("no-pass", CI, lambda text: text[: text.index("  # The one check")], OWN, "required"),
    Fault(
        "pass-not-reported",
        CI,
        swap("  pull_request:\n", "  pull_request:\n    paths: [src/**]\n"),
        OWN,
        "required",
    ),
    Fault("merge-queue-waits", CI, swap("  merge_group:\n", ""), OWN, "required"),
    Fault(
        "failure-is-green",
        CI,
        swap("      - run: make test", "      - run: make test\n        continue-on-error: true"),
        OWN,
        "required",
    ),
    Fault("failure-lost-in-pipe", CI, swap("run: make test", "run: make test | tee log"), OWN, "pipes"),
    Fault("no-such-target", CI, swap("make evaluate", "make evalute"), OWN, "targets"),
    Fault("undocumented-variable", RELEASE, swap("vars.RUNNER", "vars.MACHINE"), OWN, "documented"),
    Fault(
        "undocumented-secret",
        RELEASE,
        swap("secrets.SERVER_PASSWORD", "secrets.SERVER_PASS"),
        OWN,
        "documented",
    ),
    Fault(
        "every-hour-where-nothing-is-seen",
        MONITOR,
        swap("vars.TRUNKLINE_RUNNER != '')", "vars.TRUNKLINE_RUNNER != '' || vars.AWS_ROLE_ARN != '')"),
        OWN,
        "schedules",
    ),
    Fault("full-hour", MONITOR, swap("17 * * * *", "0 * * * *"), OWN, "schedules"),
    Fault("push-sleeps-with-the-schedule", MONITOR, swap("  workflow_dispatch:\n", PUSH), OWN, "schedules"),
    Fault("day-that-never-comes", MONITOR, swap("17 * * * *", "17 4 30 2 *"), "actionlint", "events"),
    Fault(
        "no-such-environment",
        RELEASE,
        swap("environment: production", "environment: prodution"),
        OWN,
        "environments",
    ),
    Fault(
        "download-of-nothing",
        CI,
        swap("name: report\n          path: packed\n", "name: reports\n          path: packed\n"),
        OWN,
        "artifacts",
    ),
    Fault(
        "asks-a-job-it-does-not-need",
        CI,
        swap("needs: [test, model]\n", "needs: test\n"),
        "languageservice",
        "diagnostic",
    ),
    Fault(
        "download-too-early",
        CI,
        both(
            swap("needs: [test, model]\n", "needs: test\n"), swap("${{ needs.model.outputs.digest }}", "none")
        ),
        OWN,
        "artifacts",
    ),
    Fault("upload-of-hidden-folder", CI, swap("path: packed/report", "path: .packed"), OWN, "artifacts"),
    Fault("upload-twice", CI, swap("      - run: make evaluate\n", UPLOAD), OWN, "artifacts"),
    Fault("runs-though-cancelled", CI, swap("if: ${{ !cancelled() }}", "if: always()"), OWN, "cleanup"),
    Fault("no-such-output", CI, swap("outputs.cache-hit", "outputs.cache-hits"), "own", "outputs"),
    Fault("job-without-name", CI, swap("    name: The model\n", ""), "zizmor", "anonymous-definition"),
    Fault("jobs-of-one-name", CI, swap("name: Report on the pull request", "name: The model"), OWN, "naming"),
    Fault("workflows-of-one-name", MONITOR, swap("name: monitor", "name: release"), OWN, "naming"),
    Fault(
        "input-without-use",
        MONITOR,
        swap("          REASON: ${{ inputs.reason || 'every hour' }}\n", ""),
        OWN,
        "inputs",
    ),
    Fault("input-undescribed", MONITOR, swap("        description: Why\n", ""), OWN, "inputs"),
    Fault(
        "may-not-start-retraining",
        MONITOR,
        swap("      actions: write # to start a retraining\n", ""),
        OWN,
        "rights",
    ),
    Fault(
        "image-of-another-store",
        CI,
        swap("    env:\n      MLFLOW_TRACKING_URI: ${{ vars.MLFLOW_TRACKING_URI }}\n", ""),
        OWN,
        "reach",
    ),
    Fault("rows-behind-a-login", RELEASE, swap(LOGIN, ""), OWN, "reach"),
    Fault(
        "login-comes-too-late",
        MONITOR,
        both(swap(LOGIN, ""), lambda text: text.rstrip("\n") + "\n" + LOGIN),
        OWN,
        "reach",
    ),
    Fault(
        "may-not-record",
        RELEASE,
        swap("subject-path: packed/sums", "subject-path: packed/sums\n          push-to-registry: true"),
        OWN,
        "rights",
    ),
    Fault("may-not-open-issues", MONITOR, swap("issues: write", "issues: read"), OWN, "rights"),
)
