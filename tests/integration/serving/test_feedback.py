"""Ground truth over HTTP reaches the readers of the log, also where it is shipped to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trunkline.core.keys import Scope, add_key, new_key
from trunkline.predictions.ground_truth import read_truth
from trunkline.predictions.hourly import TRUTH, hourly_files
from trunkline.predictions.reader import LogReader


def test_what_was_told_is_on_the_disk_once_and_is_shipped_with_the_log(
    live: Any, start: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUNKLINE_KEYS", str(tmp_path / "keys"))
    scopes: tuple[Scope, ...] = ("feedback",)
    made, key = new_key(scopes, datetime.now(UTC))
    add_key(tmp_path / "keys", made)
    live.add(1)
    live.release(1)
    service = start(live, "--log-store", f"file://{tmp_path}/store/{{environment}}")
    ids = [service.predict()["id"] for _ in range(3)]

    def tell(body: Any, key: str = key) -> Any:
        return service.client.post("/feedback", json=body, headers={"authorization": f"Bearer {key}"})

    assert service.client.post("/feedback", json={"prediction": ids[0], "value": "Yes"}).status_code == 401
    both = {"events": [{"prediction": id_, "value": "Yes"} for id_ in ids[:2]]}
    assert tell(both).json() == {"recorded": 2, "repeated": 0}
    assert tell(both).json() == {"recorded": 0, "repeated": 2}
    assert tell({"prediction": ids[1], "value": "No"}).json() == {"recorded": 1, "repeated": 0}
    refused = tell({"prediction": ids[2], "value": "Perhaps"})
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["value"] == "Perhaps"
    assert tell({"prediction": ids[2], "value": "Yes", "item": "x" * 2_000_000}).status_code == 413

    told = read_truth(hourly_files([live.logs], TRUTH))
    assert {id_: record.value for id_, record in told.items()} == {ids[0]: "Yes", ids[1]: "No"}
    assert 'trunkline_feedback_total{outcome="repeated"} 2.0' in service.client.get("/metrics").text
    assert service.stop() == 0
    store = tmp_path / "store" / "production"
    answers, truths = LogReader(store).labelled(hourly_files([store], TRUTH))
    assert {row.id: truths[row.id][0].value for row in answers} == {ids[0]: "Yes", ids[1]: "No"}
