"""References: what the log says of a value that is never in it is said beside the profile of the bundle."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError
from trunkline.core.reading import read_json
from trunkline.inputs.profiles import AnyProfile, ColumnProfile

PROFILE_FILE = "profile.json"
PROFILE = TypeAdapter[AnyProfile](ColumnProfile)


def references(bundle: Bundle) -> dict[str, AnyProfile]:
    """Return the profile of each column that is in no log, though the model sees it; none where there is no profile.

    Raises BundleError when the bundle's profile is none.
    """
    names = [column.name for column in bundle.contract.columns if column.seen]
    path = bundle.folder / PROFILE_FILE
    if not names or not path.is_file():
        return {}
    columns = read_json(path, error=BundleError).get("columns", {})
    try:
        return {name: PROFILE.validate_python(columns[name]) for name in names if name in columns}
    except ValidationError as error:
        raise BundleError(f"{path} is no profile.", next_step="train again") from error
