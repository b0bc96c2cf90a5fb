from __future__ import annotations

import pytest

from trunkline.core.usage import Process, counted, descendants, parse_stat


@pytest.mark.parametrize(
    ("before", "after", "rose"), [(10, 10, 0), (10, 25, 15), (90, 5, 15)], ids=["still", "up", "around"]
)
def test_a_counter_that_went_round_has_risen(before: int, after: int, rose: int) -> None:
    assert counted(before, after, span=100) == rose


def test_the_children_of_children_count_and_strangers_do_not() -> None:
    processes = {
        1: Process(0, 50.0, 9.0),
        10: Process(1, 5.0, 9.0),
        11: Process(10, 1.0, 9.0),
        12: Process(11, 2.0, 9.0),
        13: Process(10, 4.0, 9.0),
        20: Process(1, 9.0, 9.0),
    }
    assert sum(one.cpu_seconds for one in descendants(processes, 10)) == 7.0
    assert descendants(processes, 12) == []


def test_a_process_s_name_may_hold_spaces_and_brackets() -> None:
    line = "42 (a b) c) S 7 42 42 0 -1 4194560 100 0 0 0 150 50 20 30 20 0 1 0 99 1000 200 0\n"
    assert parse_stat(line, ticks=100) == (7, 2.5)
