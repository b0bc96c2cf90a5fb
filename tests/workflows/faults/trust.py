"""Faults of trust: somebody who may not gets a secret, a right, a machine, or a say in what runs."""

from .fault import CI, MONITOR, RELEASE, Fault, both, swap

CHECKOUT = """\
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - uses: actions/download-artifact"""

FAULTS = (
    Fault(
        "token-of-the-whole-job",
        CI,
        swap(
            "      MLFLOW_TRACKING_URI: ${{ vars.MLFLOW_TRACKING_URI }}\n",
            "      MLFLOW_TRACKING_URI: ${{ vars.MLFLOW_TRACKING_URI }}\n      GITHUB_TOKEN: ${{ github.token }}\n",
        ),
        "own",
        "tokens",
    ),
    Fault(
        "pull-requests-code-holds-the-token",
        CI,
        swap("    steps:\n      - uses: actions/download-artifact", CHECKOUT),
        "own",
        "strangers",
    ),
    Fault(
        "unmerged-code-on-mains-machine",
        CI,
        swap("vars.JUDGE", "vars.RUNNER"),
        "own",
        "strangers",
    ),
    Fault(
        "title-in-script",
        CI,
        swap("- run: make report", '- run: make report TITLE="${{ github.event.pull_request.title }}"'),
        "zizmor",
        "template-injection",
    ),
    Fault(
        "branch-name-in-script",
        CI,
        swap("- run: make setup", '- run: echo "${{ github.head_ref }}"'),
        "zizmor",
        "template-injection",
    ),
    Fault(
        "trusted-expression-in-script",
        CI,
        swap("- run: make setup", '- run: echo "${{ runner.os }}"'),
        "zizmor",
        "template-injection",
    ),
    Fault(
        "title-evaluated",
        CI,
        swap("- run: make report", '- run: eval "make report $TITLE"'),
        "own",
        "scripts",
    ),
    Fault(
        "title-expanded-by-make",
        CI,
        swap("- run: make report", '- run: make report SUBJECT="$TITLE"'),
        "own",
        "scripts",
    ),
    Fault("reason-pasted-by-makefile", "Makefile", swap("$$REASON", "$(REASON)"), "own", "scripts"),
    Fault("report-pasted-by-makefile", "Makefile", swap("$$REASON", "$(DIGEST)"), "own", "scripts"),
    Fault(
        "runs-on-a-strangers-text",
        CI,
        swap("  pull_request:\n", "  pull_request_target:\n"),
        "zizmor",
        "dangerous-triggers",
    ),
    Fault(
        "runs-after-an-unreviewed-run",
        RELEASE,
        swap(
            "  workflow_dispatch:",
            "  workflow_run:\n    workflows: [ci]\n    types: [completed]\n    branches: [main]",
        ),
        "zizmor",
        "dangerous-triggers",
    ),
    Fault(
        "started-by-comments",
        MONITOR,
        swap("  workflow_dispatch:\n", "  issue_comment:\n  workflow_dispatch:\n"),
        "zizmor",
        "dangerous-triggers",
    ),
    Fault(
        "permissions-of-all",
        RELEASE,
        swap("permissions: {}", "permissions: write-all"),
        "zizmor",
        "excessive-permissions",
    ),
    Fault(
        "permissions-unsaid",
        CI,
        swap("    permissions:\n      contents: read # to check the repository out\n", ""),
        "own",
        "permissions",
    ),
    Fault(
        "permissions-at-the-top",
        CI,
        swap("permissions: {}\n", "permissions:\n  contents: read # for all\n"),
        "own",
        "permissions",
    ),
    Fault(
        "permission-without-reason",
        RELEASE,
        swap(" # to start its checks", ""),
        "zizmor",
        "undocumented-permissions",
    ),
    Fault("reading-without-reason", CI, swap(" # to check the repository out", ""), "own", "permissions"),
    Fault(
        "pull-request-may-push",
        CI,
        swap("contents: read # to check", "contents: write # to check"),
        "own",
        "strangers",
    ),
    Fault(
        "fork-may-write",
        CI,
        swap("\n      || github.event.pull_request.head.repo.full_name == github.repository", " || true"),
        "own",
        "strangers",
    ),
    Fault(
        "pull-request-meets-secret",
        CI,
        swap("FOUND: ${{ steps.cache.outputs.cache-hit }}", "FOUND: ${{ secrets.SERVER_PASSWORD }}"),
        "zizmor",
        "secrets-outside-env",
    ),
    Fault(
        "pull-request-meets-all-secrets",
        CI,
        swap("FOUND: ${{ steps.cache.outputs.cache-hit }}", "FOUND: ${{ toJSON(secrets) }}"),
        "zizmor",
        "overprovisioned-secrets",
    ),
    Fault(
        "pull-request-on-own-machine",
        CI,
        swap("github.event_name == 'workflow_dispatch' && vars.JUDGE", "vars.JUDGE"),
        "own",
        "strangers",
    ),
    Fault(
        "new-packages-on-own-machine",
        CI,
        swap(
            "github.event_name == 'workflow_dispatch' && vars.JUDGE",
            "(github.event_name == 'workflow_dispatch'"
            " || github.event.pull_request.head.repo.full_name == github.repository) && vars.JUDGE",
        ),
        "own",
        "strangers",
    ),
    Fault(
        "pull-request-deploys",
        CI,
        swap("    name: The model\n", "    name: The model\n    environment: staging\n"),
        "own",
        "strangers",
    ),
    Fault(
        "secret-of-the-whole-repository",
        RELEASE,
        swap("    environment: production\n", ""),
        "zizmor",
        "secrets-outside-env",
    ),
    Fault(
        "any-branch-releases",
        RELEASE,
        swap("    if: github.ref == 'refs/heads/main'\n", ""),
        "own",
        "branches",
    ),
    Fault(
        "any-push-releases",
        RELEASE,
        both(
            swap("    branches: [main]\n", ""),
            swap("github.ref == 'refs/heads/main'", "github.event_name == 'push'"),
        ),
        "own",
        "branches",
    ),
    Fault(
        "bot-by-name",
        CI,
        swap("if: github.event_name == 'pull_request'", "if: github.actor == 'dependabot[bot]'"),
        "zizmor",
        "bot-conditions",
    ),
    Fault(
        "condition-by-substring",
        RELEASE,
        swap(
            "if: github.ref == 'refs/heads/main'",
            "if: contains('refs/heads/main refs/heads/next', github.ref)",
        ),
        "zizmor",
        "unsound-contains",
    ),
    Fault(
        "identity-without-use",
        CI,
        swap(
            "      pull-requests: write #",
            "      id-token: write # to be somebody\n      pull-requests: write #",
        ),
        "own",
        "identity",
    ),
)
