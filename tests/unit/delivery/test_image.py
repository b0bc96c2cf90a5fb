"""How an image is named."""

from __future__ import annotations

from trunkline.delivery.image import Image

BUILT = Image(
    name="ghcr.io/ada/loans",
    tag="0123456789ab",
    identity="sha256:" + "2" * 64,
    bundles=("sha256:" + "1" * 64,),
)


def test_an_image_that_was_not_pushed_is_named_by_its_tag() -> None:
    assert BUILT.reference == "ghcr.io/ada/loans:0123456789ab"


def test_a_pushed_image_is_named_by_the_registrys_digest_which_nobody_can_move() -> None:
    pushed = BUILT.model_copy(update={"digest": "sha256:" + "3" * 64})
    assert pushed.reference == "ghcr.io/ada/loans@sha256:" + "3" * 64
