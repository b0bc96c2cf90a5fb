"""A model's ONNX file: which fields fill its tensors, which output is the answer, and which class each column is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trunkline.core.contract import Contract, as_label
from trunkline.core.errors import ProjectError, TrunklineError, instead
from trunkline.core.raised import asking
from trunkline.inputs import input_of
from trunkline.runtimes.tensors import TYPES, Session, Tensors
from trunkline.tasks import task_of

from .detector import picture_tensors
from .onnx_estimator import OnnxClassifier, OnnxDetector, OnnxEstimator, OnnxRegressor
from .trained import Trained


def of_onnx(trained: Trained, path: Path, contract: Contract) -> OnnxEstimator:
    """Return what answers by the ONNX file at `path`, its transformers not fitted yet.

    Raises ProjectError that says what the file has where it does not fit the contract or what model.py says of it.
    """
    content = path.read_bytes()
    listed = _classes_in(content, trained)
    try:
        session = Session(content, name=trained.name)
    except TrunklineError as error:
        why = error.__cause__ or error
        raise ProjectError(
            f"Trained model {trained.name}: ONNX Runtime does not load {trained.file}: {why}",
            next_step="export it again, with operators that ONNX Runtime has",
        ) from error
    if trained.picture is not None or trained.boxes is not None:
        tensors = picture_tensors(trained, session, contract)
        return OnnxDetector(content, tensors.model_dump(mode="json"))
    fields, transformers = _inputs(trained, session, contract)
    part, output = ("", "") if trained.answer else _output(trained, session, contract)
    classes = _classes(trained, session, output, listed, contract)
    tensors = Tensors(inputs=fields, part=part or None, output=output, columns=classes)
    kind = OnnxClassifier if classes else OnnxRegressor
    return kind(content, tensors.model_dump(mode="json"), transformers or None, trained.answer)


def _inputs(
    trained: Trained, session: Session, contract: Contract
) -> tuple[dict[str, tuple[str, ...]], dict[str, Any]]:
    """Return the fields of each tensor, none for those that a transformer fills, and the transformers."""
    known = [column.name for column in contract.features]
    given = trained.inputs
    if given is None:
        given = {name: name for name in session.inputs}
    if not isinstance(given, Mapping):
        if len(session.inputs) != 1:
            _refuse(trained, session, "`inputs` does not say which tensor is meant", None)
        given = {next(iter(session.inputs)): given}
    for name in given:
        if name not in session.inputs:
            _refuse(trained, session, f"it has no input {name}", name)
    if lacking := [name for name in session.inputs if name not in given]:
        _refuse(trained, session, f"`inputs` says nothing of {', '.join(lacking)}", None)
    fields: dict[str, tuple[str, ...]] = {}
    transformers: dict[str, Any] = {}
    for name, source in given.items():
        fields[name] = ()
        if callable(source):
            transformers[name] = _transformer(trained, source)
            continue
        fields[name] = (source,) if isinstance(source, str) else tuple(source)
        for field in fields[name]:
            if field not in known:
                raise ProjectError(
                    f"Trained model {trained.name}: its tensor {name} is to be filled from {field}, which is no "
                    f"feature of the contract. The file {session.described()}.",
                    value=field,
                    next_step=f"{instead(field, known)} in inputs=..., in model.py",
                )
        _check_types(trained, session, name, fields[name], contract)
    return fields, transformers


def _check_types(
    trained: Trained, session: Session, name: str, fields: Sequence[str], contract: Contract
) -> None:
    wanted = session.inputs[name].type
    if wanted not in TYPES:
        _refuse(trained, session, f"its tensor {name} is {wanted}, which Trunkline does not fill", wanted)
    for field in fields:
        held = input_of(contract.column(field))
        if held.tensor and (held.tensor != "float") == (wanted == "tensor(string)"):
            continue
        raise ProjectError(
            f"Trained model {trained.name}: its tensor {name} is {wanted}, and {field} is {held.rule()}. "
            f"The file {session.described()}.",
            value=field,
            next_step=f"fill {name} by what a function of features.py returns: inputs={{{name!r}: features}}",
        )


def _transformer(trained: Trained, source: Any) -> Any:
    called = f"{getattr(source, '__name__', 'a function')}()"
    with asking(f"Trained model {trained.name}: {called} raised", "correct features.py"):
        made = source()
    if isinstance(made, type) or not callable(getattr(made, "transform", None)):
        raise ProjectError(
            f"Trained model {trained.name}: {called} did not return a transformer.",
            value=made,
            next_step="return an unfitted scikit-learn transformer in features.py",
        )
    return made


def _output(trained: Trained, session: Session, contract: Contract) -> tuple[str, str]:
    """Return what the answer is, and the output that holds it."""
    classes = bool(task_of(contract).traits(contract) & {"classes"})
    allowed = ("probabilities", "logits") if classes else ("value",)
    for part, name in trained.outputs.items():
        if part not in allowed:
            raise ProjectError(
                f"Trained model {trained.name}: `outputs` names {part}, and the contract's answer is "
                f"{' or '.join(allowed)}.",
                value=part,
                next_step="correct outputs=... in model.py",
            )
        if name not in session.outputs:
            _refuse(trained, session, f"it has no output {name}", name)
        return part, name
    numbers = [
        name
        for name, node in session.outputs.items()
        if node.type in ("tensor(float)", "tensor(double)", "tensor(float16)")
        or node.type.startswith("seq(map")
    ]
    if len(numbers) != 1:
        _refuse(trained, session, f"`outputs` must say which output holds the {allowed[0]}", None)
    return allowed[0], numbers[0]


def _classes(
    trained: Trained, session: Session, output: str, listed: Sequence[str], contract: Contract
) -> tuple[str, ...]:
    if not task_of(contract).traits(contract) & {"classes"}:
        return ()
    if labels := trained.labels():
        return labels
    if {*listed} == {*contract.outcome.categories}:
        return tuple(listed)
    sides = task_of(contract).sides(contract)
    if sides and output and session.outputs[output].shape[1:] in ([], [1]):
        return sides
    said = f" (in the file: {', '.join(listed)})" if listed else ""
    example = ", ".join(repr(name) for name in contract.outcome.categories)
    raise ProjectError(
        f"Trained model {trained.name}: nothing says which of the contract's classes each column of its answer "
        f"is{said}.",
        next_step=f"add classes=({example}) in model.py, in the order of the columns",
    )


def _classes_in(content: bytes, trained: Trained) -> list[str]:
    """Return the classes that the file's own nodes name, none where they name several or none.

    Raises ProjectError when it is no ONNX file, or its weights lie in other files.
    """
    import onnx
    from onnx.external_data_helper import uses_external_data

    try:
        graph = onnx.load_model_from_string(content).graph
    except Exception as error:  # protobuf's own errors have no stubs
        raise ProjectError(
            f"Trained model {trained.name}: {trained.file} is no whole ONNX file.",
            next_step="export it again",
        ) from error
    if any(uses_external_data(one) for one in graph.initializer):
        raise ProjectError(
            f"Trained model {trained.name}: the weights of {trained.file} lie in other files, which its digest does "
            "not cover.",
            next_step="save it as one file: onnx.save(onnx.load(FILE), FILE), or in MLflow "
            "log_model(..., save_as_external_data=False)",
        )
    found = {
        tuple(
            as_label(one.decode() if isinstance(one, bytes) else one) for one in (*part.strings, *part.ints)
        )
        for node in graph.node
        for part in node.attribute
        if part.name.startswith("classlabels")
    } - {()}
    return list(found.pop()) if len(found) == 1 else []


def _refuse(trained: Trained, session: Session, what: str, value: object) -> None:
    raise ProjectError(
        f"Trained model {trained.name}: {what}. The file {session.described()}.",
        value=value,
        next_step="correct inputs=... or outputs=... of Trained in model.py",
    )
