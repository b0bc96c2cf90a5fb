"""Sources, snapshots, their split and the checks that they must pass."""

from trunkline.inputs.boxes_text import boxes_text

from .annotations import Annotated, coco_boxes, in_pixels, sound_boxes, voc_boxes, yolo_boxes
from .checks import check_interface, check_snapshot
from .image_text import image_text
from .interface import InterfaceCase
from .lock import lock_of, read_lock, write_lock
from .moves import moved_in_traffic
from .published import Published
from .schema import contract_from, project_contract, project_schema
from .snapshot import Snapshot, check_enough, open_snapshot, take_snapshot
from .sources import load_source
from .split import split_rows
from .terms import require_current
from .traffic import load_traffic
from .unchecked import unchecked
from .validation import check_rows
from .window import check_window, in_window, require_rows

__all__ = [
    "Annotated",
    "InterfaceCase",
    "Published",
    "Snapshot",
    "boxes_text",
    "check_enough",
    "check_interface",
    "check_rows",
    "check_snapshot",
    "check_window",
    "coco_boxes",
    "contract_from",
    "image_text",
    "in_pixels",
    "in_window",
    "load_source",
    "load_traffic",
    "lock_of",
    "moved_in_traffic",
    "open_snapshot",
    "project_contract",
    "project_schema",
    "read_lock",
    "require_current",
    "require_rows",
    "sound_boxes",
    "split_rows",
    "take_snapshot",
    "unchecked",
    "voc_boxes",
    "write_lock",
    "yolo_boxes",
]
