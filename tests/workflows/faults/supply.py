"""Faults of supply: what a run takes in, or leaves behind for the next, is not what was reviewed."""

from .fault import CI, MONITOR, RELEASE, Fault, swap

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
CACHE = """\
      - uses: actions/cache/restore@55cc8345863c7cc4c66a329aec7e433d2d1c52a9 # v6.1.0
        with:
          path: bundles
          key: model-newest
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
        "own",
        "checkout",
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
        "release-reads-pip-cache",
        RELEASE,
        swap('python-version: "3.11"', 'python-version: "3.11"\n          cache: pip'),
        "own",
        "caches",
    ),
    Fault(
        "release-reads-model-cache",
        RELEASE,
        swap("      - run: make release", CACHE),
        "own",
        "caches",
    ),
    Fault("machine-changes", MONITOR, swap("ubuntu-24.04", "ubuntu-latest"), "own", "runners"),
)
