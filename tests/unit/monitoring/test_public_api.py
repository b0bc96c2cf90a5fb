from __future__ import annotations

from trunkline import monitoring


def test_the_public_names_are_these() -> None:
    assert monitoring.__all__ == [
        "SCORE",
        "CategoryProfile",
        "CountProfile",
        "Labelled",
        "LogWindow",
        "NumberProfile",
        "Profile",
        "answered",
        "compare_quality",
        "history_data",
        "history_performance",
        "label_answers",
        "measure_quality",
        "profile_answers",
        "profile_like",
        "read_log",
        "reference_profile",
        "scores_of",
        "watch_data",
        "watch_infrastructure",
        "watch_logs",
        "watch_performance",
        "watched",
        "windowed",
    ]
    assert all(hasattr(monitoring, name) for name in monitoring.__all__)
