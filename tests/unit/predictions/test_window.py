from __future__ import annotations

from collections.abc import Callable

from trunkline.predictions import LogWindow, Prediction, Rejection


def test_a_window_is_cut_down_to_its_newest_requests_of_both_kinds(
    answer: Callable[..., Prediction], rejection: Callable[..., Rejection]
) -> None:
    window = LogWindow(
        predictions=tuple(answer(minute) for minute in (0, 2, 4)),
        rejections=tuple(rejection(minute) for minute in (1, 3)),
        silent=tuple(answer(minute, arm="silent") for minute in (1.5, 2.5)),
        torn=1,
    )
    newest = window.newest(3)
    assert [one.id for one in newest.predictions] == ["p2", "p4"]
    assert [one.id for one in newest.rejections] == ["r3"]
    assert [one.id for one in newest.silent] == ["p2.5"]
    assert (newest.requests, newest.torn) == (3, 1)


def test_a_window_that_is_small_enough_stays_as_it_is(answer: Callable[..., Prediction]) -> None:
    window = LogWindow(predictions=(answer(1),))
    assert window.newest(1) is window
