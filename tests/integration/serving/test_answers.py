"""One row, many rows, wrong rows: over HTTP, against the real process."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from typing import Any

import pytest

from trunkline.core.decision import Decision

from .conftest import ROW


@pytest.fixture
def service(live: Any, start: Callable[..., Any]) -> Any:
    live.add(3)
    live.release(3)
    return start(live)


def sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def test_one_row_is_answered_by_the_model_and_logged_with_its_inputs(service: Any) -> None:
    answer = service.predict()
    expected = sigmoid(0.02 * 23 + 0.5 - 0.3 * 2)
    assert answer["version"] == 3
    assert answer["prediction"] == "Yes"
    assert answer["probabilities"]["Yes"] == pytest.approx(expected, abs=1e-6)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)

    (line,) = service.live.lines()
    assert line["id"] == answer["id"]
    assert line["inputs"] == {"year": 1999, "age": 23, "colour": "White", "employed": "Yes", "checks": 2}
    assert line["outputs"] == {key: answer[key] for key in ("prediction", "probabilities")}
    assert (line["arm"], line["version"], line["revision"]) == ("champion", 3, "r1")
    assert 0 < line["latency_ms"] < 5000


def test_a_null_feature_reaches_the_model_as_null(service: Any) -> None:
    assert service.predict(checks=None)["probabilities"]["Yes"] == pytest.approx(
        sigmoid(0.02 * 23 + 0.5), abs=1e-6
    )


def test_the_key_is_nowhere_in_the_log_in_the_clear(service: Any) -> None:
    service.predict(arrest_id=987654321)
    refused = service.client.post(
        "/predict", json={"arrest_id": -987654321, "age": 5, "arrest_idd": 987654321}
    )
    assert refused.status_code == 422
    assert service.client.post("/predict", content=b'{"arrest_id": 987654321').status_code == 422
    assert service.stop() == 0
    written = b"".join(path.read_bytes() for path in service.live.logs.glob("*.jsonl"))
    assert b"987654321" not in written
    assert "987654321" not in str(service.log)
    (line,) = service.live.lines()
    assert len(line["user"]) == 32


def test_a_batch_is_answered_in_order_and_each_row_is_logged(service: Any) -> None:
    ages = range(12, 92)
    rows = [{"age": age, "employed": "No"} for age in ages]
    answers = service.client.post("/predict/batch", json={"rows": rows}).json()["answers"]
    assert [round(answer["probabilities"]["Yes"], 5) for answer in answers] == [
        round(sigmoid(0.02 * age), 5) for age in ages
    ]
    assert [line["id"] for line in service.live.lines()] == [answer["id"] for answer in answers]


def test_a_wrong_row_is_refused_naming_field_value_and_rule_and_logged_as_a_rejection(service: Any) -> None:
    answer = service.client.post("/predict", json={"age": 230, "employed": "yes"})
    assert answer.status_code == 422
    age, employed = answer.json()["problems"]
    assert age == {"field": "age", "value": 230, "rule": "a whole number from 12 to 99 (years)", "hint": ""}
    assert employed["hint"] == "did you mean Yes?"
    (line,) = service.live.lines("rejection")
    assert [problem["field"] for problem in line["problems"]] == ["age", "employed"]
    assert service.live.lines() == []


def test_a_wrong_batch_row_is_named_by_its_index_and_nothing_of_the_batch_is_answered(service: Any) -> None:
    rows = [{"age": 20, "employed": "No"}, {"age": 20}]
    answer = service.client.post("/predict/batch", json={"rows": rows})
    assert answer.status_code == 422
    assert [(problem["row"], problem["field"]) for problem in answer.json()["problems"]] == [(1, "employed")]
    assert service.live.lines() == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_a_megabyte_is_refused(service: Any, chunked: bool) -> None:
    body = b'{"rows": [' + b" " * 1_100_000 + b"]}"
    answer = service.client.post("/predict/batch", content=iter([body]) if chunked else body)
    assert answer.status_code == 413
    assert service.client.get("/health").status_code == 200


def test_an_unknown_path_and_method_get_the_same_kind_of_body(service: Any) -> None:
    unknown = service.client.get("/nothing")
    assert unknown.status_code == 404
    assert "/nothing" in unknown.json()["error"]
    assert unknown.json()["problems"] == []
    assert service.client.get("/predict").status_code == 405


def test_the_api_description_comes_from_the_contract(service: Any) -> None:
    described = service.client.get("/openapi.json").json()
    row = described["components"]["schemas"]["Row"]
    age = row["properties"]["age"]
    assert (age["minimum"], age["maximum"], age["x-unit"]) == (12, 99, "years")
    assert age["description"].startswith("Age at the arrest.")
    assert row["properties"]["employed"]["enum"] == ["No", "Yes"]
    assert row["required"] == ["age", "employed"]
    assert "released" not in row["properties"]
    body = described["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Row"}
    assert service.client.get("/docs").status_code == 200
    # What the docs offer to try is answered.
    assert service.client.post("/predict", json=row["example"]).status_code == 200


def test_metrics_count_requests_answers_and_rejected_fields(service: Any) -> None:
    service.predict()
    service.client.post("/predict", json={"age": 1, "employed": "No", "nonsense": 3})
    text = service.client.get("/metrics").text
    assert 'trunkline_requests_total{path="/predict",status="200"} 1.0' in text
    assert 'trunkline_requests_total{path="/predict",status="422"} 1.0' in text
    assert 'trunkline_predictions_total{arm="champion",version="3"} 1.0' in text
    assert 'trunkline_rejected_fields_total{field="age"} 1.0' in text
    assert 'trunkline_rejected_fields_total{field="(unknown)"} 1.0' in text
    assert 'trunkline_bundle_info{arm="champion"' in text


def test_sigterm_answers_what_is_under_way_and_ends_with_code_0(service: Any) -> None:
    service.predict()
    assert service.stop(signal.SIGTERM) == 0
    assert service.log[-1]["event"] == "stopped"
    assert [event["event"] for event in service.log if event["level"] != "info"] == []


def test_a_threshold_decides_the_answer_its_log_and_what_the_description_says(
    live: Any, start: Callable[..., Any]
) -> None:
    live.add(1, decision=Decision(positive="Yes", threshold=0.7, reason="The policy says so."))
    live.release(1)
    service = start(live)
    answer = service.predict()
    assert 0.5 < answer["probabilities"]["Yes"] < 0.7
    assert answer["prediction"] == "No"
    sure = ROW | {"age": 80}
    many = service.client.post("/predict/batch", json={"rows": [ROW, sure]}).json()["answers"]
    assert [one["prediction"] for one in many] == ["No", "Yes"]
    assert [line["outputs"]["prediction"] for line in live.lines()] == ["No", "No", "Yes"]
    assert (
        "Yes from a probability of 0.7 on"
        in service.client.get("/openapi.json").json()["info"]["description"]
    )
