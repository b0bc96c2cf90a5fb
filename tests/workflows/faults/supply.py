"""Faults of supply: what a run takes in, or leaves behind for the next, is not what was reviewed."""

from .fault import CI, MONITOR, RELEASE, Fault, swap

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
CACHE = """\
      - uses: actions/cache/restore@55cc8345863c7cc4c66a329aec7e433d2d1c52a9 # v6.1.0
        with:
          path: checked
          key: tests-newest
      - run: make release"""
CONTAINER = f"""\
    container:
      image: python@sha256:{"0" * 64}
      credentials:
        username: somebody
        password: secret
"""

FAULTS = (
    Fault(
        "token-stays",
        CI,
        swap("        with:\n          persist-credentials: false\n", ""),
        "zizmor",
        "artipacked",
    ),
    Fault(
        "token-kept-on-purpose",
        CI,
        swap("persist-credentials: false", "persist-credentials: true"),
        "zizmor",
        "artipacked",
    ),
    Fault("pinned-to-a-tag", CI, swap(CHECKOUT, "actions/checkout@v7.0.1"), "zizmor", "unpinned-uses"),
    Fault("pin-without-version", CI, swap(f"{CHECKOUT} # v7.0.1", CHECKOUT), "own", "pins"),
    Fault("pins-differ", CI, swap(CHECKOUT, CHECKOUT[:-1] + "2"), "own", "pins"),
    Fault(
        "image-not-pinned",
        CI,
        swap("    steps:\n", "    container: python:3.11\n    steps:\n"),
        "zizmor",
        "unpinned-images",
    ),
    Fault(
        "password-in-file",
        CI,
        swap("    steps:\n", f"{CONTAINER}    steps:\n"),
        "zizmor",
        "hardcoded-container-credentials",
    ),
    Fault(
        "withdrawn-commands-allowed",
        CI,
        swap("          DIGEST: ", "          ACTIONS_ALLOW_UNSECURE_COMMANDS: true\n          DIGEST: "),
        "zizmor",
        "insecure-commands",
    ),
    Fault(
        "finding-ignored-without-reason",
        RELEASE,
        swap("id-token: write #", "id-token: write # zizmor: ignore[excessive-permissions]\n      # "),
        "zizmor",
        "ignored",
    ),
    Fault(
        "packages-from-a-cache",
        CI,
        swap(
            "python-version: ${{ matrix.python }}",
            "python-version: ${{ matrix.python }}\n          cache: pip",
        ),
        "own",
        "caches",
    ),
    Fault(
        "release-reads-a-cache-of-tests",
        RELEASE,
        swap("      - run: make release", CACHE),
        "own",
        "caches",
    ),
    Fault(
        "model-is-trained-beside-a-cache",
        CI,
        swap("      - id: train\n", f"{CACHE.replace('      - run: make release', '')}      - id: train\n"),
        "own",
        "caches",
    ),
    Fault(
        "python-set-up-on-a-machine-of-ones-own",
        RELEASE,
        swap("        if: runner.environment == 'github-hosted'\n", ""),
        "own",
        "runners",
    ),
    Fault("machine-changes", MONITOR, swap("ubuntu-24.04", "ubuntu-latest"), "own", "runners"),
)
