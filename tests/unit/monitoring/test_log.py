from __future__ import annotations

import pytest

from trunkline.monitoring.log import LONGEST, template


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("cannot load bundle 3fa85f6457a2 in 12.5 ms", "cannot load bundle # in # ms"),
        ("worker 7 died", "worker # died"),
        ("bad value 'Part-time' for \"employed\"", "bad value # for #"),
        ("refused token=abc.def", "refused #"),
        ("mail to ann@example.org\nfailed", "mail to # failed"),
        ("bundle 0f8fad5b-d9cb-469f-a165-70867728950e is damaged", "bundle # is damaged"),
        ("model failed", "model failed"),
    ],
)
def test_what_varies_is_taken_out_of_an_event(event: str, kind: str) -> None:
    assert template(event) == kind


def test_a_long_event_is_cut() -> None:
    assert len(template("a " * 400)) == LONGEST
