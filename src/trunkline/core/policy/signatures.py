"""Who must have signed what is served."""

from __future__ import annotations

from typing import Annotated

from .section import Distinct, Section, Shape

Path = Annotated[
    str, Shape(r"^(?!/)(?!(.*/)?\.\.?(/|$))[^\\\n]+$", "write it as a path below the project's folder")
]


class Signatures(Section):
    """Who must have signed what is served; without a key nobody must."""

    keys: Distinct[tuple[Path, ...]] = ()
    """Public keys (ECDSA P-256, PEM) as files of the repository, as cosign and openssl write them.

    Then bundles and image need a signature by one of them; otherwise `apply` refuses before it fetches anything.
    Section and keys are read from main, whatever is checked out.
    """
