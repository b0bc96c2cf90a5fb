"""The data: every row that is known today. Which of them a model trains on is said by `data` in trunkline.yaml.

The example is UCI's Online Retail (Chen 2015; CC BY 4.0 by https://archive.ics.uci.edu/dataset/352). It is fetched
once, into a cache below your home, and is not part of this repository. Nobody could compare its digest yet, so the
first fetch is trusted and its digest kept. TRUNKLINE_DATA names a folder that holds it already. `TRUNKLINE_DATA=sample`
takes rows that `sample()` makes, for a first day without network: then every figure is one of made-up rows.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from trunkline.data import Published

LINES = Published(
    name="online_retail/interactions.csv",
    address="https://archive.ics.uci.edu/static/public/352/data.csv",
)
OFFICIAL = {
    "CustomerID": "customer_id",
    "StockCode": "stock_code",
    "InvoiceDate": "timestamp",
    "Quantity": "quantity",
    "UnitPrice": "unit_price",
}
LONGEST_BASKET = 2


def load() -> pd.DataFrame:
    """Return one row an article of a visit, in the columns of the contract.

    Yours would query a database or read files. Return everything, always in the same order: Trunkline cuts the
    window, splits, and remembers what it took by its content, so that the same rows give the same model.
    """
    path = LINES.path()
    lines = sample() if path is None else read(path)
    rows = pd.DataFrame(
        {
            "day": lines["timestamp"].dt.normalize(),
            "customer": lines["customer_id"].astype("int64"),
            "article": lines["stock_code"],
        }
    ).drop_duplicates()
    rows.insert(0, "visit", rows["customer"].astype(str) + "/" + rows["day"].dt.strftime("%Y-%m-%d"))
    visits = rows.drop_duplicates("visit")
    before = visits.groupby("customer").cumcount()
    custom = pd.cut(before, [-1, 0, 3, np.inf], labels=["newcomer", "returning", "regular"]).astype(str)
    rows["custom"] = rows["visit"].map(dict(zip(visits["visit"], custom, strict=True)))
    return in_baskets(rows).assign(bought=True)


def read(path: Path) -> pd.DataFrame:
    """Return the lines of invoices that a known customer paid for, the oldest first."""
    lines = pd.read_csv(path, dtype={"StockCode": str, "stock_code": str, "InvoiceNo": str})
    official = "InvoiceNo" in lines.columns
    if official:
        lines = lines[~lines["InvoiceNo"].str.startswith("C")].rename(columns=OFFICIAL)
    lines = lines[lines["customer_id"].notna() & (lines["quantity"] > 0) & (lines["unit_price"] > 0)]
    how = "%m/%d/%Y %H:%M" if official else "ISO8601"
    lines = lines.assign(timestamp=pd.to_datetime(lines["timestamp"], format=how))
    return lines.sort_values("timestamp", kind="stable", ignore_index=True)


def in_baskets(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the first articles of every other visit in its basket, where they are asked no more."""
    place = rows.groupby("visit").cumcount()
    size = rows.groupby("visit")["article"].transform("size")
    begun = (rows["customer"] + rows["day"].dt.day) % 2 == 0
    inside = begun & (place < LONGEST_BASKET) & (size > LONGEST_BASKET)
    baskets = rows[inside].groupby("visit")["article"].agg(" ".join)
    left = rows[~inside].reset_index(drop=True)
    left["basket"] = left["visit"].map(baskets)
    return left[["visit", "day", "customer", "custom", "basket", "article"]]


def sample(customers: int = 500, articles: int = 300) -> pd.DataFrame:
    """Return made-up lines as the source would have them, always the same.

    Each customer likes one of twelve kinds of article, buys some of them again and again, and now and then what
    everybody buys.
    """
    draw = np.random.default_rng(352)
    kinds = draw.integers(0, 12, articles)
    popular = draw.lognormal(0, 0.8, articles)
    names = np.array([f"{20000 + number}" for number in range(articles)])
    lines = []
    for customer in range(customers):
        likes = popular * np.where(kinds == draw.integers(0, 12), 4.0, 0.15)
        likes /= likes.sum()
        own: list[int] = []
        begins = int(draw.integers(0, 365))
        # About one visit a month, from the first day on.
        later = draw.integers(begins, 370, draw.poisson((370 - begins) / 30))
        for day in sorted({begins, *later.tolist()}):
            again = [article for article in own if draw.random() < 0.25]
            new = draw.choice(articles, draw.integers(2, 7), replace=False, p=likes).tolist()
            bought = list(dict.fromkeys([*new, *again]))
            own = list(dict.fromkeys([*own, *bought]))
            lines += [(12000 + customer, int(day), int(article)) for article in bought]
    customer_ids, days, chosen = (np.array(part) for part in zip(*lines, strict=True))
    made = pd.DataFrame(
        {
            "customer_id": customer_ids,
            "stock_code": names[chosen],
            "timestamp": pd.Timestamp("2010-12-01") + pd.to_timedelta(days, unit="D"),
        }
    )
    return made.sort_values(["timestamp", "customer_id"], kind="stable", ignore_index=True)
