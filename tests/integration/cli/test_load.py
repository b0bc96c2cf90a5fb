"""What `trunkline load` shows of a run, without putting load on anything."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.cli.main import run
from trunkline.core.verdicts import GateRun, Verdict
from trunkline.loop.gates import loading

POLICY = """
name: credit
package: credit
gates:
  waivers:
    - {gate: load/latency, owner: Ada, reason: a slow machine, expires: '2999-12-31'}
    - {gate: data/rows, owner: Ada, reason: few rows, expires: '2020-01-01'}
"""
SLOW = Verdict(gate="load/latency", outcome="fail", reason="p95 900 ms", advice="look at the service")
FAILED = Verdict(gate="load/errors", outcome="fail", reason="12 of 100", advice="read its log")


def shown(
    verdicts: tuple[Verdict, ...], folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Return the exit code and what is printed of a run that says so."""
    (folder / "trunkline.yaml").write_text(POLICY, encoding="utf-8")
    said = GateRun(bundle="", snapshot="", created=datetime.now(UTC), verdicts=verdicts)
    patch.setattr(loading, "load", lambda *_, **__: said)
    code = run(["--project", str(folder), "load"])
    return code, capsys.readouterr().out


def test_a_waived_failure_is_shown_with_its_waiver_and_without_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = shown((SLOW,), tmp_path, monkeypatch, capsys)

    assert code == 0
    assert "load/latency (waived by Ada until 2999-12-31): p95 900 ms" in said
    assert "what to do" not in said
    assert "waivers/" not in said


def test_a_failure_that_nobody_waived_is_shown_with_its_advice_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = shown((SLOW, FAILED), tmp_path, monkeypatch, capsys)

    assert code != 0
    assert "load/errors: 12 of 100" in said
    assert "what to do: read its log" in said
