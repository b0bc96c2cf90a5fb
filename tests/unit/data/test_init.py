from __future__ import annotations

from trunkline import data


def test_the_public_api_is_this() -> None:
    assert data.__all__ == [
        "Snapshot",
        "check_rows",
        "check_snapshot",
        "contract_from",
        "load_source",
        "load_traffic",
        "lock_of",
        "open_snapshot",
        "project_contract",
        "project_schema",
        "read_lock",
        "require_current",
        "split_rows",
        "take_snapshot",
        "write_lock",
    ]


def test_every_public_name_is_there() -> None:
    assert [name for name in data.__all__ if not hasattr(data, name)] == []
