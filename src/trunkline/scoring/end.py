"""End: the answers of all pieces become one file, and what they were kept in goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from trunkline.core.reading import parse_json

from .formats import named
from .pieces import Scored
from .places import Address, Place
from .work import ANSWERS, DONE, REJECTS, Order, fields_of, loaded


def done_pieces(order: Order, target: Address) -> dict[int, Scored]:
    """Return what became of the pieces that are done, by their numbers."""
    place = target.place(order.means.variables)
    found = {}
    for each in place.inside(order.work):
        number, _, what = each.name.rpartition("/")[2].partition(".")
        if what == DONE:
            value = parse_json(place.read(each.name).decode(), origin=each.name)
            found[int(number)] = Scored.from_dict(value, origin=each.name)
    return found


def finish(order: Order, target: Address, rejected: int) -> str:
    """Write the output and, where rows were rejected, the file that says why; return that file's address, or nothing.

    It may be called again after it was interrupted: the output comes first, and what it is made of goes last.
    """
    place, run = target.place(order.means.variables), order.run
    live = loaded(order.means, run.release)
    with TemporaryDirectory(prefix="trunkline-score-") as folder:
        scratch = Path(folder)
        whole = scratch / "whole"
        named(run.format).join(_parts(order, place, ANSWERS, scratch), whole, fields_of(live, run))
        name = f"{target.name}.{REJECTS}"
        if rejected:
            with (scratch / REJECTS).open("wb") as lines:
                for part in _parts(order, place, REJECTS, scratch):
                    lines.write(part.read_bytes())
            place.put(name, scratch / REJECTS)
        else:
            place.remove(name)  # an earlier output's
        place.put(target.name, whole)
    place.remove(order.work)
    return f"{target.text}.{REJECTS}" if rejected else ""


def _parts(order: Order, place: Place, what: str, scratch: Path) -> Iterator[Path]:
    path = scratch / "part"
    for piece in order.run.pieces:
        with place.opened(order.name(piece, what)) as stream, path.open("wb") as target:
            while content := stream.read(2**20):
                target.write(bytes(content))
        yield path
