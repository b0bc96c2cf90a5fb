import pytest

from trunkline.registry.store_ref import harmless


@pytest.mark.parametrize("path", ["mlflow.db", "keys/0a.json", "mlartifacts/a b/ü.onnx", "a/..b/c..d"])
def test_ordinary_names_pass(path: str) -> None:
    assert harmless(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../outside",
        "keys/../../outside",
        "keys//twice",
        "./here",
        "a\\b",
        "C:x",
        "a/.git/config",
        "a/.GITattributes",
        "line\nbreak",
        "trailing./x",
        "space /x",
        "\ufffd",
    ],
)
def test_names_that_lead_elsewhere_or_mean_something_do_not(path: str) -> None:
    assert not harmless(path)
