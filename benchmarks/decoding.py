"""How long the event loop keeps others waiting while pictures of 25 megapixels are decoded, in it and beside it.

Run: `python benchmarks/decoding.py [pictures]`. Nothing is sent: what a request is read by is asked in this process.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from trunkline.core.contract import Column
from trunkline.serving.decoding import Decoding
from trunkline.serving.requests import RequestModel

SIDE = 5000
TICK_S = 0.002


def picture(seed: int) -> bytes:
    """Return a request with a PNG of 25 megapixels, unlike that of another seed."""
    levels = np.random.default_rng(seed).integers(0, 255, (50, 50, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(levels).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(stream, "PNG")
    return json.dumps({"picture": base64.b64encode(stream.getvalue()).decode()}).encode()


async def longest(act: Callable[[], object], decoding: Decoding) -> tuple[float, list[float]]:
    """Return how long a request took, and how long the loop kept others waiting, in seconds."""
    gaps: list[float] = []

    async def tick() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK_S)
            gaps.append(time.perf_counter() - began - TICK_S)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.05)
    gaps.clear()
    began = time.perf_counter()
    await decoding.run(act)
    took = time.perf_counter() - began
    await asyncio.sleep(0.05)
    ticking.cancel()
    return took, gaps


def main(count: int) -> None:
    """Print both ways."""
    model = RequestModel([Column(name="picture", type="image", longest=40_000_000)])
    for heavy, words in ((False, "in the loop"), (True, "beside it")):
        took, gaps = 0.0, []
        for number in range(count):
            body = picture(2 * number + heavy)
            one, more = asyncio.run(longest(lambda b=body: model.row(b), Decoding(heavy=heavy)))  # type: ignore[misc]
            took += one
            gaps.append(max(more))
        median = sorted(gaps)[len(gaps) // 2]
        sys.stdout.write(
            f"{words}: {len(body) / 1e6:.1f} MB, {took / count * 1000:.0f} ms a picture;"
            f" others waited at most {max(gaps) * 1000:.0f} ms, in the median picture {median * 1000:.0f} ms\n"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
