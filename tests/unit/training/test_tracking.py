from __future__ import annotations

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.records import Figure
from trunkline.training.tracking import check_uri, metric_name


@pytest.mark.parametrize("uri", ["mlruns", "file:///runs", "htp://host"])
def test_an_address_that_is_none_is_refused_by_its_key(uri: str) -> None:
    with pytest.raises(PolicyError, match=r"registry\.uri") as caught:
        check_uri(uri)
    assert caught.value.value == uri


@pytest.mark.parametrize("uri", ["sqlite:///a.db", "https://host", "postgresql+psycopg://host/db"])
def test_addresses_of_stores_and_servers_are_taken(uri: str) -> None:
    check_uri(uri)


@pytest.mark.parametrize(
    ("group", "name"),
    [("", "roc_auc"), ("sex=f", "sex.f.roc_auc"), ("age=[18, 25)", "age._18_ 25_.roc_auc")],
)
def test_a_figure_of_a_group_says_so_in_its_name(group: str, name: str) -> None:
    assert metric_name(Figure(name="roc_auc", value=0.5, rows=9, group=group)) == name
