"""What is read out of an engine's words."""

from __future__ import annotations

import pytest

from trunkline.delivery.engine import step_of


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("STEP 3/7: RUN python -m venv /v\n", "step 3/7: RUN python -m venv /v"),
        ("[1/2] STEP 5/8: RUN --mount=type=secret,id=a --mount=type=cache true\n", "step 5/8: RUN true"),
        (
            "STEP 3/7: RUN   python -m venv --without-pip /v\n",
            "step 3/7: RUN python -m venv --without-pip /v",
        ),
        ("#12 [build 3/5] RUN --mount=type=secret,id=a true\n", "step 3/5: RUN true"),
        ("#9 [linux/amd64 build 3/5] RUN true\n", "step 3/5: RUN true"),
        ("#7 [2/4] RUN true\n", "step 2/4: RUN true"),
    ],
)
def test_a_command_that_begins_is_told_without_its_mounts(line: str, said: str) -> None:
    assert step_of(line) == said


@pytest.mark.parametrize(
    "line",
    [
        "STEP 1/7: FROM python:3.11-slim AS build\n",
        "#5 [internal] load build context\n",
        "#12 3.104 Collecting numpy==2.4.6\n",
        "#12 CACHED\n",
        "Collecting numpy==2.4.6\n",
    ],
)
def test_other_lines_of_a_build_are_no_steps(line: str) -> None:
    assert step_of(line) == ""


def test_a_long_command_is_cut() -> None:
    said = step_of("STEP 3/7: RUN " + "x" * 200)
    assert len(said) < 100
    assert said.endswith("...")
