"""Calibration: scores that become probabilities by a sigmoid or by steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import normalised, sigmoid, two
from .registry import classified, converts


@converts("sklearn", "CalibratedClassifierCV")
def calibrated(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the mean of the calibrated members."""
    parts = [_member(graph, one, value, len(step.classes_)) for one in step.calibrated_classifiers_]
    total = graph.result(graph.node("Sum", *(one.name for one in parts)), parts[0].width)
    return Classified(step.classes_, graph.apply("Div", total, float(len(parts))))


def _member(graph: Graph, member: Any, value: Value, classes: int) -> Tensor:
    if member.method not in ("sigmoid", "isotonic"):
        raise ConversionError(f"calibration by {member.method}")
    if len(member.estimator.classes_) != classes:
        raise ConversionError("a member of the calibration did not see every class")
    answer = classified(graph, member.estimator, value)
    given = answer.scores
    if not hasattr(member.estimator, "decision_function") or given is None:
        if hasattr(member.estimator, "decision_function") or answer.probabilities is None:
            raise ConversionError(f"{type(member.estimator).__name__} gives no scores to calibrate")
        chance = answer.probabilities
        given = graph.take(chance, [1]) if classes == 2 else chance
    columns = [
        _curve(graph, graph.double(graph.take(given, [place])), one)
        for place, one in enumerate(member.calibrators)
    ]
    if classes == 2:
        return two(graph, columns[0])
    return normalised(graph, graph.join(columns), empty=1 / classes)


def _curve(graph: Graph, score: Tensor, calibrator: Any) -> Tensor:
    """Return one calibrator of one column."""
    if hasattr(calibrator, "a_"):
        slope = graph.apply("Mul", score, -float(calibrator.a_))
        return sigmoid(graph, graph.apply("Sub", slope, float(calibrator.b_)))
    return isotonic(graph, calibrator, score)


@converts("sklearn", "IsotonicRegression")
def isotonic(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the line through the thresholds, of which each piece adds its own rise."""
    score = graph.double(value)
    xs, ys = (np.asarray(one, dtype=np.float64) for one in (step.X_thresholds_, step.y_thresholds_))
    if step.out_of_bounds != "clip":
        raise ConversionError("an isotonic regression that does not clip")
    if len(xs) == 1:
        return graph.apply("Add", graph.apply("Mul", score, 0.0), ys[0])
    begin, wide, rise = xs[:-1][None], np.diff(xs)[None], np.diff(ys)
    shares = graph.node("Div", graph.node("Sub", score.name, graph.const(begin)), graph.const(wide))
    clipped = graph.node("Clip", shares, graph.const(0.0), graph.const(1.0))
    total = graph.node("MatMul", clipped, graph.const(rise[:, None]))
    return graph.apply("Add", graph.result(total, 1), ys[0])
