"""A detector's ONNX file: how the contract's image becomes its tensor, and its outputs boxes of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError, instead
from trunkline.core.record import Record
from trunkline.inputs import input_of
from trunkline.runtimes.pictures import BoxTensors, PictureTensor, fixed_size
from trunkline.runtimes.tensors import Session, Tensors

from .trained import Trained

Said = TypeVar("Said", bound=Record)


def picture_tensors(trained: Trained, session: Session, contract: Contract) -> Tensors:
    """Return how a detector's file is asked. Raises ProjectError where that does not fit the file or the contract."""
    if trained.picture is None or trained.boxes is None:
        _refuse(trained, session, "a detector needs both `picture` and `boxes`", None)
    images = [column.name for column in contract.features if not input_of(column).kept]
    given = {"field": images[0] if len(images) == 1 else "", **trained.picture}
    given.setdefault("tensor", next(iter(session.inputs)) if len(session.inputs) == 1 else "")
    picture = _read(PictureTensor, given, trained, session, "picture")
    if picture.field not in images:
        _refuse(
            trained, session, f"`picture` names no image of the contract ({', '.join(images)})", picture.field
        )
    if [*session.inputs] != [picture.tensor]:
        _refuse(trained, session, "`picture` must name its only input as `tensor`", picture.tensor)
    try:
        fixed_size(session.inputs[picture.tensor].shape, picture)
    except ValueError as error:
        _refuse(trained, session, str(error), dict(given))
    classes = trained.labels()
    if not classes:
        classes = contract.outcome.categories
    found = _read(BoxTensors, {"classes": classes, **trained.boxes}, trained, session, "boxes")
    for name in filter(None, (found.boxes, found.scores, found.labels)):
        if name not in session.outputs:
            _refuse(trained, session, f"it has no output {name}", instead(name, session.outputs))
    if strange := sorted({*found.classes} - {*contract.outcome.categories}):
        _refuse(trained, session, f"the contract has no class {strange[0]}", strange)
    return Tensors(inputs={picture.tensor: ()}, part=None, picture=picture, found=found)


def _read(kind: type[Said], said: Mapping[str, Any], trained: Trained, session: Session, key: str) -> Said:
    try:
        return kind.model_validate(dict(said))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        _refuse(trained, session, f"`{key}`: {place}: {first['msg']}", said.get(place))


def _refuse(trained: Trained, session: Session, what: str, value: object) -> NoReturn:
    raise ProjectError(
        f"Trained model {trained.name}: {what}. The file {session.described()}.",
        value=value,
        next_step="correct picture=... or boxes=... of Trained in model.py",
    )
