"""Workers: pieces are scored in this process, in several of this machine, or by those of a Dask scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from trunkline.core.errors import StorageError, UnavailableError
from trunkline.core.proxies import require_private_scheduler

from .pieces import Piece, Scored
from .work import Order, score_piece

PATIENCE_S = 20.0
"""So long a scheduler may take to answer."""


def here(order: Order, pieces: Sequence[Piece], *, processes: int = 1) -> Iterator[tuple[Piece, Scored]]:
    """Yield what became of each piece as it is done. Raises UnavailableError when a process was killed."""
    if processes == 1:
        for piece in pieces:
            yield piece, score_piece(order, piece)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(score_piece, order, piece): piece for piece in pieces}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BrokenProcessPool as error:
            raise UnavailableError(
                "A process that scored was killed, mostly for lack of memory.",
                next_step="run the same command again: it goes on with what is done",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def on_dask(
    address: str, order: Order, pieces: Sequence[Piece], *, patience: float = PATIENCE_S
) -> Iterator[tuple[Piece, Scored]]:
    """Yield what became of each piece, scored by the workers of a scheduler at `tls://host:port`.

    A piece whose worker dies is given to another one. Raises PolicyError where others could read along, StorageError
    when Dask is not installed, UnavailableError when nobody answers, and what a piece raises.
    """
    # An order holds the secret that names users, and the keys of buckets; what comes back is unpickled.
    require_private_scheduler(address)
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise StorageError(
            "compute names a Dask scheduler, and the package distributed is not installed.",
            next_step="install Trunkline's extra `dask`",
        ) from error
    try:
        client = Client(address, timeout=patience, set_as_default=False)
    except (OSError, TimeoutError, TypeError, ValueError) as error:  # the third without a certificate
        raise UnavailableError(
            f"No Dask scheduler answers at {address}.",
            next_step="start it, or correct compute in trunkline.yaml",
        ) from error
    with client:
        # One name a piece: another run of the same process must not be given this one's results.
        futures = {
            client.submit(
                score_piece, order, piece, key=f"score-{order.run.id}-{piece.number}", pure=False
            ): piece
            for piece in pieces
        }
        for future, result in as_completed(list(futures), loop=client.loop, with_results=True):
            yield futures[future], _scored(result)


def _scored(result: Any) -> Scored:
    scored: Scored = result
    return scored
