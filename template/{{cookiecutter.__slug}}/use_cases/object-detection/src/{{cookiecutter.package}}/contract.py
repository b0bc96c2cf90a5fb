"""The contract: what a row is. Data tests, the API, drift monitoring and the model card all read it from here.

The example finds blood cells in pictures of a microscope: red cells, white cells and platelets. A row is a picture. Its
outcome is one text of all objects in it, each a class and a box in pixels of the upright picture.

How to write a field: https://pandera.readthedocs.io, and in `trunkline.field`
- `role`: feature (what the model sees; the default), audit (gates and monitors see it, the model does not),
  outcome, key (names the row), user (stays on one version during a canary), time (when it happened);
- `holds`: `image` (a JPEG or PNG file in base64) or `boxes` (`class left top right bottom; ...`), kept as texts;
- `most_bytes`, `most_pixels`: what the service refuses before it decodes a picture;
- `thumbnail`: the side in pixels of the picture that the log keeps; without it the log keeps a digest and measures;
- `unit`, of boxes: pixels, or `relative` where sides are shares of the picture;
- `protected`: compare its groups; `bands`: where to cut a protected number into groups.

`make check` names the rules that are asked of data alone, such as checks that you write yourself.
"""

from __future__ import annotations

import pandera.pandas as pa
import trunkline


class Contract(pa.DataFrameModel):
    """One picture, and what is seen in it."""

    picture_id: str = trunkline.field(role="key", unique=True, description="Name of the picture")
    image: str = trunkline.field(
        holds="image",
        most_bytes=1_000_000,
        most_pixels=4_000_000,
        thumbnail=160,
        description="A blood smear under the microscope",
    )
    cells: str = trunkline.field(
        role="outcome",
        holds="boxes",
        classes=["RBC", "WBC", "Platelets"],
        unit="pixels",
        description="Red cells (RBC), white cells (WBC) and platelets",
    )

    class Config:
        """Unknown columns are refused."""

        name = "blood cells"
        description = "Pictures of stained blood smears, in which every cell has a box."
        strict = True
        coerce = True
