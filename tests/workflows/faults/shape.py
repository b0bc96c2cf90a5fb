"""Faults of spelling and shape: GitHub would refuse the file, or read in it what nobody meant."""

from .fault import CI, MONITOR, RELEASE, Fault, swap

SERVICE = "languageservice"
SAYS = "diagnostic"

FAULTS = (
    Fault("misspelled-key", CI, swap("timeout-minutes: 30", "timeout-minute: 30"), SERVICE, SAYS),
    Fault("misspelled-event", CI, swap("  merge_group:", "  merge_queue:"), SERVICE, SAYS),
    Fault("wrong-type", CI, swap("timeout-minutes: 30", "timeout-minutes: long"), SERVICE, SAYS),
    Fault("broken-indent", CI, swap("    name: The model", "   name: The model"), SERVICE, SAYS),
    Fault("key-twice", CI, swap("name: ci\n", "name: ci\nname: checks\n"), SERVICE, SAYS),
    Fault(
        "step-does-two-things",
        CI,
        swap("      - run: make setup", "      - uses: ./x\n        run: a"),
        SERVICE,
        SAYS,
    ),
    Fault("needs-nobody", CI, swap("needs: [test, model]\n", "needs: [tests, model]\n"), SERVICE, SAYS),
    Fault(
        "needs-itself", CI, swap("name: The model\n", "name: The model\n    needs: report\n"), SERVICE, SAYS
    ),
    Fault("unknown-permission", CI, swap("contents: read", "content: read"), SERVICE, SAYS),
    Fault(
        "misspelled-action-input",
        CI,
        swap("persist-credentials: false", "persist-credential: false"),
        SERVICE,
        SAYS,
    ),
    Fault("missing-action-input", CI, swap("          path: packed/report\n", ""), SERVICE, SAYS),
    Fault(
        "deprecated-action-input",
        CI,
        swap("path: checked", "path: checked\n          save-always: true"),
        SERVICE,
        SAYS,
    ),
    Fault("unknown-action", CI, swap("actions/cache@", "actions/caches@"), SERVICE, SAYS),
    Fault("broken-expression", CI, swap("${{ matrix.python }}", "${{ matrix.python == }}"), SERVICE, SAYS),
    Fault("unknown-context", CI, swap("${{ github.token }}", "${{ githup.token }}"), SERVICE, SAYS),
    Fault("unknown-function", CI, swap("hashFiles('src/**')", "hashFile('src/**')"), SERVICE, SAYS),
    Fault(
        "secret-in-condition",
        RELEASE,
        swap("- run: make release", "- if: secrets.SERVER_PASSWORD != ''\n        run: make release"),
        SERVICE,
        SAYS,
    ),
    Fault(
        "unknown-job-output",
        CI,
        swap("needs.model.outputs.digest", "needs.model.outputs.digests"),
        SERVICE,
        SAYS,
    ),
    Fault(
        "unknown-matrix-value",
        CI,
        swap("python-version: ${{ matrix.python }}", "python-version: ${{ matrix.pyton }}"),
        SERVICE,
        SAYS,
    ),
    Fault("unknown-step", CI, swap("steps.cache.outputs", "steps.caches.outputs"), SERVICE, SAYS),
    Fault("unknown-input", MONITOR, swap("inputs.reason", "inputs.reasons"), SERVICE, SAYS),
    Fault("invalid-schedule", MONITOR, swap("17 * * * *", "77 * * * *"), SERVICE, SAYS),
    Fault("schedule-too-often", MONITOR, swap("17 * * * *", "*/2 * * * *"), SERVICE, SAYS),
    Fault(
        "condition-always-true",
        RELEASE,
        swap("if: github.ref == 'refs/heads/main'", "if: ${{ github.ref }} == 'refs/heads/main'"),
        SERVICE,
        SAYS,
    ),
    Fault(
        "unknown-activity", CI, swap("  pull_request:", "  pull_request:\n    types: [merged]"), SERVICE, SAYS
    ),
    Fault(
        "default-not-offered",
        MONITOR,
        swap("options: [staging, production]", "options: [staging, live]"),
        "actionlint",
        "events",
    ),
    Fault("unknown-runner-image", CI, swap("ubuntu-24.04", "ubuntu-23.10"), "actionlint", "runner-label"),
    Fault("invalid-path-filter", RELEASE, swap("paths: [src/**]", "paths: ['src/[']"), "actionlint", "glob"),
    Fault(
        "withdrawn-command",
        CI,
        swap("- run: make setup", "- run: echo '::set-output name=a::b'"),
        "actionlint",
        "deprecated-commands",
    ),
    Fault(
        "impossible-comparison",
        CI,
        swap("if: github.event_name == 'pull_request'", "if: github.event == 'pull_request'"),
        "actionlint",
        "expression",
    ),
    Fault("invalid-variable-name", CI, swap("DIGEST: ", "DIG&EST: "), "actionlint", "env-var"),
    Fault("script-does-not-end", RELEASE, swap("          done\n", ""), "shellcheck", "SC1073"),
    Fault("script-unquoted", RELEASE, swap('sha256sum "$file"', "sha256sum $file"), "shellcheck", "SC2086"),
    Fault(
        "script-misspelled-variable",
        RELEASE,
        swap('sha256sum "$file"', 'sha256sum "$files"'),
        "shellcheck",
        "SC2154",
    ),
    Fault(
        "script-in-other-shell",
        RELEASE,
        swap("- run: |\n", "- shell: pwsh\n        run: |\n"),
        "shellcheck",
        "shell",
    ),
)
