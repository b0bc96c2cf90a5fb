from __future__ import annotations

from typing import Any

import pytest
from sklearn.feature_extraction.text import CountVectorizer

from trunkline.runtimes.terms import Terms

TEXTS = [
    *("", " ", "a", "Good GOOD phone", "don't_stop 3½ x²", "a  b\t\nc dd", "of the end"),
    *(
        "İSTANBUL çok",
        "STRASSE Straße",
        "ΣΊΣΥΦΟΣ",
        "Cafe\u0301 CAFÉ",
        "我喜欢这个产品",
        "great产品",
        "naïve ÆØÅ",
    ),
    *("great\u00a0phone\u200bbad", "👍👍 ok", "Ǆ ǅ", "ﬁne", "हिन्दी में", "\x00good", "१२३"),
]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ngram_range": (1, 3)},
        {"ngram_range": (2, 2), "lowercase": False},
        {"strip_accents": "ascii"},
        {"strip_accents": "unicode", "stop_words": ["of", "the"], "ngram_range": (1, 2)},
        {"token_pattern": r"\w\S*"},
        {"token_pattern": r"(?a)\b(\w)\w*\b"},
        {"analyzer": "char", "ngram_range": (1, 3)},
        {"analyzer": "char", "ngram_range": (3, 4)},
        {"analyzer": "char_wb", "ngram_range": (1, 2)},
        {"analyzer": "char_wb", "ngram_range": (3, 6)},
    ],
    ids=str,
)
def test_a_text_is_cut_as_scikit_learn_cuts_it(options: dict[str, Any]) -> None:
    cut = CountVectorizer(**options).build_analyzer()
    terms = Terms(
        analyzer=options.get("analyzer", "word"),
        lower=options.get("lowercase", True),
        accents=options.get("strip_accents", ""),
        pattern=options.get("token_pattern", r"(?u)\b\w\w+\b"),
        grams=options.get("ngram_range", (1, 1)),
        stop=tuple(options.get("stop_words", ())),
    )
    for text in TEXTS:
        assert terms.cut(text) == cut(text), text


def test_texts_become_one_row_each_and_what_is_short_is_filled_up() -> None:
    found = Terms().tensor(["one two three", "", "four"])
    assert found.tolist() == [["one", "two", "three"], ["", "", ""], ["four", "", ""]]
    assert Terms().tensor([""]).shape == (1, 1)
