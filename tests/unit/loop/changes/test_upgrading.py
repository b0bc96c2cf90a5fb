"""What an upgrade reads from the file of answers."""

from __future__ import annotations

import pytest

from trunkline.core.errors import ProjectError
from trunkline.loop.changes.upgrading import answers_in


def test_answers_are_read_by_question() -> None:
    assert answers_in('{"answers": {"package": "loans", "owner": "Zoë = \\"Z\\""}}') == {
        "package": "loans",
        "owner": 'Zoë = "Z"',
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"answers": null}', '{"answers": ["loans"]}', '{"answers": {"package": 7}}']
)
def test_a_file_without_answers_is_refused_by_name(text: str) -> None:
    with pytest.raises(ProjectError, match=r"\.template\.json"):
        answers_in(text)
