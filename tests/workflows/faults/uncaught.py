"""Faults that reading the text cannot catch, each with the reason and with what catches it instead."""

from .fault import CI, RELEASE, Fault, swap

FAULTS = (
    Fault(
        "wrong-target",
        CI,
        swap("make evaluate", "make lint"),
        uncaught="the target exists: that the gates are not asked shows when the workflow runs on a bad model",
    ),
    Fault(
        "wrong-order",
        CI,
        swap(
            "      - id: train\n        run: make train\n",
            "      - run: make evaluate\n      - id: train\n        run: make train\n",
        ),
        uncaught="which target needs which file is in the Makefile: it shows when the workflow runs",
    ),
    Fault(
        "version-of-another-commit",
        RELEASE,
        swap("# v4.2.2", "# v4.2.1"),
        uncaught="which commit a version is stands on GitHub: zizmor asks there when it is online",
    ),
    Fault(
        "misspelled-output-of-a-script",
        CI,
        swap("steps.train.outputs.digest", "steps.train.outputs.digst"),
        uncaught="a script writes its outputs while it runs: it shows when the workflow runs",
    ),
    Fault(
        "filter-of-no-path",
        RELEASE,
        swap("paths: [src/**]", "paths: [source/**]"),
        uncaught="a path may come to exist later: it shows when nothing is released",
    ),
    Fault(
        "timeout-too-short",
        RELEASE,
        swap("timeout-minutes: 60", "timeout-minutes: 1"),
        uncaught="how long a job takes is known after it ran",
    ),
    Fault(
        "wrong-environment",
        RELEASE,
        swap("environment: production", "environment: staging"),
        uncaught="it exists; who must approve is a setting on GitHub, not text",
    ),
    Fault(
        "another-group",
        RELEASE,
        swap("group: release", "group: releases"),
        uncaught="that two workflows must not run side by side is written nowhere; compare-and-swap ends the race",
    ),
    Fault(
        "wrong-condition",
        CI,
        swap("if: github.event_name == 'pull_request'", "if: github.event_name == 'merge_group'"),
        uncaught="both are events of this workflow: what was meant is not in the text",
    ),
)
