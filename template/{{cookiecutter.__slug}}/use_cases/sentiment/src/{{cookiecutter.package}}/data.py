"""The data: every row that is known today. Which of them a model trains on is said by `data` in trunkline.yaml.

The example is UCI's Sentiment Labelled Sentences (Kotzias et al. 2015; CC BY 4.0 by https://archive.ics.uci.edu/dataset/331).
It is fetched once, into a cache below your home, and is not part of this repository. TRUNKLINE_DATA names a folder that
holds it already. `TRUNKLINE_DATA=sample` takes rows that `sample()` makes, for a first day without network: then every
figure is one of made-up rows.
"""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
from trunkline.data import Published

DIGESTS = {
    "amazon_cells": "47003fc0a0d4840b00e96e715b6189bad09e7443a3da41c4cbe12ffc79f86ae3",
    "imdb": "aef2e49e3da25714d61175e3a6e68eeef74a20a2f914318dc3be9947ea86512d",
    "yelp": "c76468b7b5c6e56a0804d728345c5f84aa2142ddb214420f61cc9cfd4c00d2ea",
}
SENTENCES = {
    name.removesuffix("_cells"): Published(
        name=f"sentiment_sentences/{name}_labelled.txt",
        address="https://archive.ics.uci.edu/static/public/331/sentiment+labelled+sentences.zip",
        member=f"sentiment labelled sentences/{name}_labelled.txt",
        sha256=digest,
    )
    for name, digest in DIGESTS.items()
}
MOODS = {0: "negative", 1: "positive"}


def load() -> pd.DataFrame:
    """Return one row a sentence, in the columns of the contract.

    Yours would query a database or read files. Return everything, always in the same order: Trunkline cuts the
    window, splits, and remembers what it took by its content, so that the same rows give the same model.
    """
    parts = []
    for source, published in SENTENCES.items():
        path = published.path()
        if path is None:
            part = sample(source)
        else:
            # A quotation mark is a letter here: read as one that opens a field, it would swallow rows.
            part = pd.read_csv(
                path,
                sep="\t",
                header=None,
                names=["sentence", "mood"],
                quoting=csv.QUOTE_NONE,
                encoding="utf-8",
            )
        parts.append(part.assign(source=source))
    rows = pd.concat(parts, ignore_index=True)
    rows["sentence"] = rows["sentence"].str.strip()
    rows["mood"] = rows["mood"].map(MOODS)
    # Some came twice: in train and in test, they would be learned by heart and then asked for.
    rows = rows.drop_duplicates("sentence", ignore_index=True)
    rows.insert(0, "sentence_id", range(len(rows)))
    return rows[["sentence_id", "source", "sentence", "mood"]]


THINGS = {
    "amazon": "phone battery charger headset case screen cable speaker keypad antenna",
    "imdb": "film plot cast acting script ending soundtrack photography dialogue director",
    "yelp": "food service waiter burger salad patio menu dessert table coffee",
}
BEGINNINGS = {
    "amazon": ["The {}", "This {}", "My new {}", "For the price the {}"],
    "imdb": ["From the first scene to the last one the {}", "As a friend of such stories I say that the {}"],
    "yelp": ["The {}", "Their {}", "On our visit the {}", "Both times the {}"],
}
VERDICTS = [
    "is terrible|was a waste of money|is the worst of all|disappoints|is poor|made me angry|is not good|fails",
    "is great|was excellent|is the best of all|is lovely|is good|made me happy|is not bad|works well",
]


def sample(source: str, rows: int = 700) -> pd.DataFrame:
    """Return made-up sentences as the source would have them, always the same; one in ten has the wrong mood."""
    draw = np.random.default_rng(331 + len(source))
    mood = draw.integers(0, 2, rows)
    sentences = []
    for number, verdicts in enumerate(np.array(VERDICTS)[mood]):
        one, other = draw.choice(THINGS[source].split(), 2, replace=False)
        beginning, verdict = draw.choice(BEGINNINGS[source]).format(one), draw.choice(verdicts.split("|"))
        sentences.append(f"{beginning} {verdict}, and so did the {other} on day {number}.")
    wrong = draw.random(rows) < 0.1
    return pd.DataFrame({"sentence": sentences, "mood": np.where(wrong, 1 - mood, mood)})
