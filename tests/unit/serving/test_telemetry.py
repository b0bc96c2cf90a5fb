from __future__ import annotations

import io
import json
import logging
from typing import Any

from trunkline.serving.telemetry import LogBridge, Metrics, failure, service_log


def test_a_log_line_is_json_with_time_level_and_event_first() -> None:
    stream = io.StringIO()
    service_log(stream).info("started", port=1)
    line = json.loads(stream.getvalue())
    assert list(line) == ["time", "level", "event", "port"]
    assert (line["level"], line["event"], line["port"]) == ("info", "started", 1)


def test_at_a_terminal_the_log_is_for_people() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    service_log(stream).error("port taken", port=1)
    assert 'level=error event="port taken" port=1' in stream.getvalue()


def test_what_libraries_log_of_an_exception_keeps_its_text_out() -> None:
    stream = io.StringIO()
    try:
        raise ValueError("the input was 4711")
    except ValueError as error:
        info: Any = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "f", 1, "Exception in %s", ("4711",), info)
    LogBridge(service_log(stream)).handle(record)
    line = json.loads(stream.getvalue())
    assert (line["level"], line["event"], line["error"]) == ("error", "unexpected error", "ValueError")
    assert "4711" not in stream.getvalue()


def test_a_failure_tells_type_and_place() -> None:
    try:
        raise KeyError("secret")
    except KeyError as error:
        found = failure(error)
    assert found["error"] == "KeyError"
    assert found["place"].startswith("test_telemetry.py:")


def test_two_services_share_no_metrics(bench: Any) -> None:
    first, second = Metrics(), Metrics()
    first.served("champion", 3, 2, 0.004)
    assert first.registry.get_sample_value("trunkline_prediction_seconds_count", {"arm": "champion"}) == 2
    assert second.registry.get_sample_value("trunkline_prediction_seconds_count", {"arm": "champion"}) is None


def test_the_bundles_that_serve_are_shown_and_those_before_are_not(bench: Any) -> None:
    metrics = Metrics()
    metrics.show(bench(strategy="canary").live.release)
    assert metrics.text().count(b'trunkline_bundle_info{arm="ch') == 2
    metrics.show(bench().live.release)
    assert metrics.text().count(b'trunkline_bundle_info{arm="ch') == 1
