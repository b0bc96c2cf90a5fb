"""Texts: the runtime cuts a text into terms as scikit-learn does, and the graph counts them."""

from __future__ import annotations

from typing import Any

import numpy as np

from trunkline.runtimes.terms import Terms

from .graph import ConversionError, Graph, Tensor, Value
from .numbers import normed
from .registry import converts


def _counts(graph: Graph, step: Any, value: Value) -> Tensor:
    """Return how often each term of the vocabulary comes; shape (n, vocabulary), doubles."""
    columns = graph.each(value)
    if len(columns) != 1 or columns[0].name not in graph.columns:
        raise ConversionError("a vectorizer takes one column of the contract as it is")
    spec = _spec(step)
    source = graph.columns[columns[0].name]
    name = next((name for name, known in graph.terms.items() if known == (source, spec)), "")
    if not name:
        name = f"{columns[0].name}_{len(graph.terms)}"
        graph.terms[name] = (source, spec)
    words = sorted(step.vocabulary_, key=step.vocabulary_.__getitem__)
    if "" in step.vocabulary_ or not words:
        raise ConversionError("a vocabulary holds the empty term")
    counts = graph.node(
        "TfIdfVectorizer",
        name,
        mode="TF",
        min_gram_length=1,
        max_gram_length=1,
        max_skip_count=0,
        ngram_counts=[0],
        ngram_indexes=list(range(len(words))),
        pool_strings=words,
    )
    found = graph.cast(graph.result(counts, len(words), np.float32), np.float64)
    if step.get_params()["binary"]:
        above = graph.node("Greater", found.name, graph.const(0.0))
        found = graph.cast(graph.result(above, found.width, bool), np.float64)
    return found


def _spec(step: Any) -> Terms:
    """Return how a vectorizer cuts texts. Raises ConversionError where a function of the user's does."""
    own = [name for name in ("preprocessor", "tokenizer") if getattr(step, name, None) is not None]
    if callable(step.analyzer):
        own.append("analyzer")
    if callable(step.strip_accents):
        own.append("strip_accents")
    if own:
        raise ConversionError(f"a vectorizer with a {own[0]} of its own")
    return Terms(
        analyzer=step.analyzer,
        lower=bool(step.lowercase),
        accents=step.strip_accents or "",
        pattern=step.token_pattern if step.analyzer == "word" else "",
        grams=tuple(step.ngram_range),
        stop=tuple(sorted(step.get_stop_words() or ())) if step.analyzer == "word" else (),
    )


def _sparse(value: Tensor, dtype: Any) -> Tensor:
    return Tensor(value.name, np.dtype(dtype), value.width, sparse=True)


@converts("sklearn", "CountVectorizer")
def count(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the counts."""
    return _sparse(_counts(graph, step, value), np.float64)


@converts("sklearn", "TfidfVectorizer")
def tf_idf(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the counts, weighted."""
    return _weighted(graph, step._tfidf, _counts(graph, step, value))


@converts("sklearn", "TfidfTransformer")
def weights(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the weights."""
    return _weighted(graph, step, graph.double(value))


def _weighted(graph: Graph, step: Any, found: Tensor) -> Tensor:
    if step.sublinear_tf:
        none = graph.node("Equal", found.name, graph.const(0.0))
        safe = graph.node("Where", none, graph.const(1.0), found.name)
        logged = graph.node("Add", graph.node("Log", safe), graph.const(1.0))
        found = graph.result(graph.node("Where", none, graph.const(0.0), logged), found.width)
    if step.use_idf:
        found = graph.apply("Mul", found, np.asarray(step.idf_)[None])
    if step.norm:
        found = normed(graph, found, step.norm)
    return _sparse(found, np.float64)
