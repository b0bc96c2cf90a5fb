from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from trunkline.core.config import Policy
from trunkline.core.contract import Contract
from trunkline.core.records import Evaluation, Verdict
from trunkline.evaluation import Scored, judge, report_page


@pytest.fixture
def page(
    contract: Contract,
    policy: Policy,
    rows: Callable[..., pd.DataFrame],
    answer: Callable[..., Scored],
    today: date,
) -> str:
    test, champion = answer(rows(400)), answer(rows(400), noise=0.3)
    hostile = Verdict(gate="data/x", outcome="fail", reason="<script>alert(1)</script>", advice="Do this.")
    figures, verdicts = judge(
        contract=contract,
        policy=policy,
        test=test,
        champion=champion,
        ask=answer,
        today=today,
        data_verdicts=(hostile,),
    )
    evaluation = Evaluation(
        bundle="sha256:" + "a" * 64,
        champion="sha256:" + "b" * 64,
        snapshot="sha256:" + "c" * 64,
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=figures,
        verdicts=verdicts,
    )
    return report_page(evaluation, test, champion, contract, title="Release")


def test_the_page_needs_nothing_else_and_says_everything(page: str) -> None:
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', page)
    assert sources
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    assert "http" not in page
    for plot in ("roc", "precision recall", "calibration", "confusion", "champion", "groups selection rate"):
        assert f'alt="Plot: {plot}"' in page
    assert "floor:roc_auc" in page
    assert "colour=Black &amp; sex=Male" in page


def test_the_page_shows_what_stops_the_release_and_what_to_do(page: str) -> None:
    assert '<span class="badge headline fail">FAIL</span>' in page
    assert "<strong>What to do:</strong> Do this." in page


def test_text_from_the_data_is_never_run(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
