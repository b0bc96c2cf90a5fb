from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.figures import Figure, Interval
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.evaluation import Scored, card_pictures, report_page

SPAN = Interval(low=0.1, high=0.3)
HOSTILE = Verdict(gate="data/x", outcome="fail", reason="<script>alert(1)</script>", advice="Do `<b>`.")
LATENCY = Verdict(
    gate="load/latency",
    outcome="pass",
    reason="Fast.",
    figures=(Figure(name="latency_p95_ms", value=12.0, rows=500, interval=Interval(low=11, high=13)),),
)
WEAK = Verdict(
    gate="slices/weak",
    outcome="fail",
    blocking=False,
    reason="One.",
    figures=(Figure(name="gap", value=0.2, rows=80, interval=SPAN, group="age < 25"),),
)
CHAMPION = Verdict(
    gate="performance/champion",
    outcome="pass",
    reason="Not worse.",
    figures=(Figure(name="difference:roc_auc", value=0.01, rows=400, interval=SPAN),),
)
BROKEN = Verdict(
    gate="robustness/metamorphic:more-checks",
    outcome="fail",
    reason="Broken.",
    threshold=0.01,
    figures=(Figure(name="violations", value=0.2, rows=80, interval=SPAN),),
    waiver=Waiver(gate="robustness/*", owner="Ada", reason="Known", expires="2026-12-31"),
)


class Tags(HTMLParser):
    """Checks that every tag is closed in its turn, and keeps ids and addresses."""

    EMPTY = frozenset({"meta", "br", "wbr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.EMPTY:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "srcset", "action", "data", "poster"):
                self.addresses.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


CONTRACT = Contract(
    name="release",
    columns=(
        Column(name="skill", type="number"),
        Column(name="sex", type="category", protected=True, categories=("Female", "Male")),
        Column(name="colour", type="category", protected=True, categories=("Black", "White")),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)


def answers(noise: float) -> Scored:
    """Answers about the same 300 people, by a model that sees their skill through noise."""
    draw = np.random.default_rng(1)
    skill = draw.normal(size=300)
    frame = pd.DataFrame(
        {
            "skill": skill,
            "sex": draw.choice(["Female", "Male"], 300),
            "colour": draw.choice(["Black", "White"], 300),
            "released": np.where(skill + draw.normal(size=300) > 0, "Yes", "No"),
        }
    )
    chance = 1 / (1 + np.exp(-skill - noise * draw.normal(size=300)))
    labels = np.where(chance > 0.5, "Yes", "No").astype(object)
    return Scored(frame, labels, np.stack([1 - chance, chance], axis=1), ("No", "Yes"))


@pytest.fixture(scope="module")
def page() -> str:
    """Return a page with something in every room but deepchecks and waivers."""
    overall = Figure(name="roc_auc", value=0.8, rows=300, interval=SPAN)
    groups = ("sex=Female", "sex=Male", "colour=Black & sex=Male")
    rates = [overall.model_copy(update={"name": "selection_rate", "group": group}) for group in groups]
    evaluation = Evaluation(
        bundle="sha256:" + "a" * 64,
        champion="sha256:" + "b" * 64,
        snapshot="sha256:" + "c" * 64,
        created=datetime(2026, 11, 2, tzinfo=UTC),
        figures=(overall, *rates),
        verdicts=(CHAMPION, HOSTILE, LATENCY, WEAK, BROKEN),
    )
    pictures = card_pictures(evaluation, answers(0.0), answers(1.0), CONTRACT)
    return report_page(evaluation, pictures, title="Release")


def test_the_page_needs_nothing_else(page: str) -> None:
    tags = Tags()
    tags.feed(page)

    assert tags.open == []
    assert page.startswith("<!doctype html>")
    pictures = [one for one in tags.addresses if not one.startswith("#")]
    assert len(pictures) > 8
    assert all(one.startswith("data:image/svg+xml;base64,") for one in pictures)
    assert "url(" not in page
    assert "@import" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in page


def test_the_contents_lead_to_every_part(page: str) -> None:
    tags = Tags()
    tags.feed(page)

    wanted = [address.removeprefix("#") for address in tags.addresses if address.startswith("#")]
    assert sorted(wanted) == sorted(tags.ids)
    assert len(set(tags.ids)) == len(tags.ids)
    headings = re.findall(r"<h2[^>]*>([^<]+)</h2>", page)
    assert headings == [
        "What stops it",
        "Waived",
        "Data",
        "Performance",
        "Fairness",
        "Robustness",
        "Slices",
        "Load",
        "Figures on the test part",
    ]


@pytest.mark.parametrize(
    ("room", "plots"),
    [
        ("Performance", ["roc", "precision recall", "calibration", "confusion", "champion"]),
        ("Fairness", ["groups selection rate", "crossings selection rate"]),
        ("Robustness", ["robustness metamorphic"]),
        ("Slices", ["slices weak"]),
        ("Load", ["load latency"]),
    ],
)
def test_plots_stand_with_the_gates_that_they_belong_to(page: str, room: str, plots: list[str]) -> None:
    part = page.split(f">{room}</h2>")[1].split("<h2")[0]

    shown = re.findall(r'alt="Plot: ([^"]+)"', part)
    assert [plot for plot in plots if plot in shown] == plots


def test_the_page_shows_what_stops_the_release_and_what_to_do(page: str) -> None:
    assert '<span class="badge headline fail">FAIL</span>' in page
    stops = page.split('id="stops"')[1].split("<h2")[0]
    assert "<strong>What to do:</strong> Do <code>&lt;b&gt;</code>." in stops
    assert "robustness" not in stops
    assert "<strong>Ada</strong> until 2026-12-31: Known" in page


def test_green_answers_are_folded_so_that_red_ones_are_seen(page: str) -> None:
    performance = page.split(">Performance</h2>")[1].split("<h2")[0]

    assert "<details open><summary>1 green</summary>" in performance
    assert performance.index("1 green") < performance.index("Not worse.") < performance.index("<img")


def test_the_page_holds_every_figure(page: str) -> None:
    assert "difference:roc_auc" in page
    assert "colour=Black &amp; sex=Male" in page
    assert "<td>age &lt; 25</td>" in page


def test_text_from_the_data_is_never_run(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
