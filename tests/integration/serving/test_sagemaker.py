"""Amazon SageMaker's contract with a container, asked of the service as a process."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

from .conftest import ROW, Live, Running

LINE = "23,Yes,2"


def test_sagemaker_asks_in_json_json_lines_and_csv(live: Live, start: Callable[..., Running]) -> None:
    live.add(1)
    live.release(1)
    service = start(live, "--sagemaker")
    client = service.client

    def invoke(body: str, kind: str, accept: str = "") -> tuple[int, str, str]:
        headers = {"content-type": kind} | ({"accept": accept} if accept else {"accept": "*/*"})
        reply = client.post("/invocations", content=body, headers=headers)
        return reply.status_code, reply.headers["content-type"].partition(";")[0], reply.text

    assert client.get("/ping").status_code == 200
    expected = service.predict()["prediction"]

    status, kind, text = invoke(json.dumps(ROW), "application/json")
    assert (status, kind, json.loads(text)["prediction"]) == (200, "application/json", expected)
    status, _, text = invoke(json.dumps({"rows": [ROW, ROW]}), "application/json")
    assert [answer["prediction"] for answer in json.loads(text)["answers"]] == [expected, expected]

    lines = json.dumps(ROW) + "\n" + json.dumps(ROW) + "\n"
    for name in ("application/jsonlines", "application/x-jsonlines"):
        status, kind, text = invoke(lines, name)
        assert (status, kind) == (200, name)
        assert [json.loads(line)["prediction"] for line in text.splitlines()] == [expected, expected]
    status, kind, text = invoke(lines, "application/jsonlines", "application/json")
    assert (kind, len(json.loads(text)["answers"])) == ("application/json", 2)

    named = "age,employed,checks\n" + LINE + "\n23,Yes,\n"
    status, kind, text = invoke(named, "text/csv; charset=utf-8")
    assert (status, kind) == (200, "text/csv")
    assert next(csv.DictReader(io.StringIO(text)))["prediction"] == expected
    status, _, text = invoke(LINE, "text/csv; header=absent")
    assert (status, [row["prediction"] for row in csv.DictReader(io.StringIO(text))]) == (200, [expected])

    answered = len(live.lines())
    assert answered == 1 + 1 + 2 + 4 + 2 + 2 + 1
    for body, kind, refused in (
        ("{", "application/json", 422),
        ("{", "application/jsonlines", 422),
        ("", "application/jsonlines", 422),
        ('{"age": 1, "age": 2}', "application/jsonlines", 422),
        ("age,employed,checks", "text/csv", 422),
        ("age,employed,checks\n1,2", "text/csv", 422),
        ("age,employed,checks\nold,Yes,2", "text/csv", 422),
        ("x", "application/x-parquet", 415),
        ("x" * 1_000_001, "text/csv", 413),
        # As JSON it would have 125 gigabytes.
        ("x" * 500_000 + "\n" + "1\n" * 249_000, "text/csv", 422),
    ):
        assert invoke(body, kind)[0] == refused
    assert client.get("/invocations").status_code == 405
    assert len(live.lines()) == answered


def test_without_the_option_the_service_has_no_such_paths(live: Live, start: Callable[..., Running]) -> None:
    live.add(1)
    live.release(1)
    client = start(live).client
    assert client.get("/ping").status_code == 404
    assert client.post("/invocations", json=ROW).status_code == 404
