import pytest

from trunkline.registry.git_tree import harmless


@pytest.mark.parametrize("path", ["model.onnx", "keys/0a.json", "code/a b/ü.py", "a/..b/c..d"])
def test_plain_names_are_harmless(path: str) -> None:
    assert harmless(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/a",
        "../a",
        "a/../b",
        "a//b",
        "./a",
        "a/.git/config",
        "a/.GIT",
        "a\\b",
        "a:b",
        "a.",
        "a /b",
        "a\nb",
    ],
)
def test_names_that_lead_elsewhere_or_do_not_travel_are_not(path: str) -> None:
    assert not harmless(path)
