import pytest

from trunkline.core.errors import StorageError
from trunkline.registry.store_files import belongs, check_weight

RUN, DIGEST = "1f" * 16, "ab" * 32


@pytest.mark.parametrize(
    "path",
    [
        "mlflow.db",
        "store.json",
        "keys/0123456789ab.json",
        f"evaluations/{DIGEST}/load.json",
        f"mlartifacts/{RUN}/artifacts/trials.json",
        f"mlartifacts/loans/{RUN}/artifacts/bundle/code/loans/features.py",
    ],
)
def test_what_the_toolkit_writes_travels(path: str) -> None:
    assert belongs(path)


@pytest.mark.parametrize(
    "path",
    [
        "mlflow.db-wal",
        "snapshots/x/rows.parquet",
        "predictions/production/log.jsonl",
        "predictions/production/part.parquet",
        "secrets/production",
        f"evaluations/{DIGEST}/report.html",
        f"mlartifacts/{RUN}/artifacts/rows.parquet",
        f"mlartifacts/{RUN}/traces.json",
        "keys/../mlflow.db",
        "keys/k.json",
    ],
)
def test_what_may_hold_rows_or_is_unknown_stays(path: str) -> None:
    assert not belongs(path)


def test_one_heavy_file_is_named_with_the_way_to_a_server() -> None:
    with pytest.raises(StorageError) as refused:
        check_weight({"small": 1, "mlartifacts/model.onnx": 96_000_000}, 500)

    assert "mlartifacts/model.onnx has 96 MB" in refused.value.what
    assert "MLFLOW_TRACKING_URI" in refused.value.next_step


def test_the_sum_is_held_to_the_policys_limit() -> None:
    sizes = {str(number): 60_000_000 for number in range(3)}

    with pytest.raises(StorageError, match=r"180\.0 MB, and registry\.store_limit_mb is 170"):
        check_weight(sizes, 170)
    check_weight(sizes, 180)
