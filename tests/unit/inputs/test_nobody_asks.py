"""What a column holds is asked of its input type: no other room compares the type's name."""

from __future__ import annotations

import re
from pathlib import Path

from trunkline.core.plugins import OURS

SOURCE = Path(__file__).parents[3] / "src/trunkline"
NAMES = "|".join(OURS["inputs"])
COMPARED = re.compile(
    rf"\.type (==|!=|in|not in)\b(?! \"Bot\")|(==|!=|\bcase) \"({NAMES})\"|\bin \(\"({NAMES})\"|match \w+\.type\b"
)
ELSEWHERE = re.compile(r"node\.type|user\.type|kind == \"(data|trigger)\"")


def test_no_other_room_compares_the_name_of_a_type() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] != "inputs"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if COMPARED.search(line) and not ELSEWHERE.search(line)
    ]
    assert found == []
