"""Begin: a run is written down before its first row is scored, and found again by whoever resumes it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError, NotFoundError, PolicyError
from trunkline.core.reading import parse_json
from trunkline.core.record import canonical_json
from trunkline.core.release import Release

from .formats import Format, format_of, named
from .found import Found
from .pieces import ROWS, Input, Piece, Run
from .places import Address, Place

RUN = "run.json"


def kept_run(target: Address, variables: Mapping[str, str]) -> Run | None:
    """Return the run that was begun for an output and has not ended; None where there is none."""
    place, name = target.place(variables), work_of(target) + "/" + RUN
    if place.found(name) is None:
        return None
    return Run.from_dict(parse_json(place.read(name).decode(), origin=name), origin=name)


def require_same(run: Run, source: Address, variables: Mapping[str, str]) -> None:
    """Raise DataError where a run that is to go on was begun of another input."""
    if run.source != source.text or files_of(source.place(variables), source.name)[0] != run.inputs:
        raise DataError(
            f"The unfinished run of {run.target} was begun of another input.",
            value=run.source,
            next_step="give it back what it had, or add --restart: the rows that it logged stay in the log",
        )


def begin(
    source: Address,
    target: Address,
    release: Release,
    columns: Sequence[Column],
    contract: Contract,
    variables: Mapping[str, str],
    *,
    keep: Collection[str] = (),
    leave_out: Collection[str] = (),
    most: int = ROWS,
) -> Run:
    """Cut the input into pieces of at most `most` rows, and write down the run.

    Raises NotFoundError where there is no input, DataError where it is no file of rows or lacks a column of the
    contract, or has others that nobody said what to do with.
    """
    place = source.place(variables)
    inputs, kind = files_of(place, source.name)
    if format_of(target.name) != kind:
        raise PolicyError(
            f"Rows in the form {kind} are answered in that form.",
            value=target.text,
            next_step="give the output the ending of the input",
        )
    form = named(kind)
    header = _header(form, place, inputs, columns, contract, keep, leave_out)
    run = Run(
        id=secrets.token_hex(16),
        began=datetime.now(UTC),
        release=release,
        source=source.text,
        target=target.text,
        format=kind,
        inputs=inputs,
        header=header,
        keep=tuple(keep),
        leave_out=tuple(leave_out),
        pieces=tuple(_pieces(form, place, inputs, most)),
    )
    if not run.pieces:
        raise DataError(f"{source.text} has no rows.")
    at = target.place(variables)
    at.remove(work_of(target))
    at.put(f"{work_of(target)}/{RUN}", canonical_json(run.to_dict()))
    return run


def work_of(target: Address) -> str:
    """Return the name of the folder, beside an output, in which a run keeps what it has."""
    return f"{target.name}.scoring"


def files_of(place: Place, name: str) -> tuple[tuple[Input, ...], str]:
    """Return the files that a name means, and their format: the file itself, or those of a folder in one format.

    Raises NotFoundError where there is none, DataError where a folder holds several formats.
    """
    one = place.found(name)
    found: tuple[Found, ...] = (one,) if one else place.inside(name)
    if not found:
        raise NotFoundError(
            "There is no such file, and no folder with files.", value=name, next_step="correct IN"
        )
    formats = {each.name: format_of(each.name) for each in found}
    if len(set(formats.values())) > 1:
        raise DataError(
            "A folder of rows holds files of one format.",
            value=", ".join(sorted(set(formats.values()))),
            next_step="score each format by itself",
        )
    inputs = tuple(Input(name=each.name, size=each.size, tag=each.tag) for each in found)
    return inputs, formats[found[0].name]


def _pieces(form: Format, place: Place, inputs: Sequence[Input], most: int) -> Iterator[Piece]:
    number = 0
    for file, each in enumerate(inputs):
        for piece in form.pieces(place, Found(each.name, each.size, each.tag), most):
            yield piece.model_copy(update={"file": file, "number": number})
            number += 1


def _header(
    form: Format,
    place: Place,
    inputs: Sequence[Input],
    columns: Sequence[Column],
    contract: Contract,
    keep: Collection[str],
    leave_out: Collection[str],
) -> tuple[str, ...]:
    """Return the names that every file has; empty where each row names its own."""
    headers = {each.name: form.header(place, each.name) for each in inputs}
    first = headers[inputs[0].name]
    if first is None:
        return ()
    for name, header in headers.items():
        if header != first:
            raise DataError(
                f"{name} has other columns than {inputs[0].name}.", next_step="score it by itself"
            )
    if doubled := sorted({name for name in first if first.count(name) > 1}):
        raise DataError(
            f"{inputs[0].name} names the column {doubled[0]!r} twice.", next_step="take one of them out"
        )
    known = {column.name for column in columns}
    needed = [column.name for column in contract.features if not column.nullable]
    if missing := [name for name in needed if name not in first or name in leave_out]:
        raise DataError(
            f"{inputs[0].name} lacks columns of the contract: {', '.join(missing)}.",
            value=", ".join(first)[:200],
            next_step="add them; where the file has them by other names, rename them",
        )
    if unknown := [name for name in first if name not in known and name not in {*keep, *leave_out}]:
        raise DataError(
            f"{inputs[0].name} has columns that are no inputs: {', '.join(unknown)[:300]}.",
            next_step="say of each whether it is copied to the answers (--keep NAME) or not (--leave-out NAME)",
        )
    if unheard := [name for name in keep if name not in first]:
        raise DataError(f"{inputs[0].name} has no column {unheard[0]!r} to keep.", next_step="correct --keep")
    return tuple(name for name in first if not (form.apart and name in leave_out))
