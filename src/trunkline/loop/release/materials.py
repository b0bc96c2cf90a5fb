"""Materials: what an image holds beside packages, told in its SBOM (CycloneDX)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trunkline.core.errors import NotFoundError, StorageError
from trunkline.core.project import Project
from trunkline.core.reading import parse_json, read_text
from trunkline.core.record import digits, write_atomically
from trunkline.delivery.image import IMAGE_FILE, Image

SBOM = "sbom.json"
IMAGE_REF = "image"


def complete_sbom(project: Project, folder: Path) -> Path:
    """Add image and bundles, by digest, to the SBOM of packages in a folder, and return its path.

    The packages of the base's operating system are not in it, and it says so: its composition is incomplete. Raises
    NotFoundError when no image was built there, StorageError when the SBOM is none.
    """
    if not (folder / IMAGE_FILE).is_file():
        raise NotFoundError(f"No image was built in {folder}.", next_step="make image")
    image, path = Image.read(folder / IMAGE_FILE), folder / SBOM
    sbom = parse_json(read_text(path), origin=str(path))
    if not isinstance(sbom, dict) or sbom.get("bomFormat") != "CycloneDX":
        raise StorageError(f"{path} is no SBOM of CycloneDX.", next_step="make image")
    models = [_model(project, digest) for digest in image.bundles]
    refs = {model["bom-ref"] for model in models}
    others = [one for one in sbom.get("components", ()) if one.get("bom-ref") not in refs]
    told = {
        **sbom,
        "metadata": {
            **sbom.get("metadata", {}),
            "component": {
                "bom-ref": IMAGE_REF,
                "type": "container",
                "name": image.name,
                "version": image.digest or image.tag,
            },
        },
        "components": [*models, *others],
        "dependencies": [
            *(one for one in sbom.get("dependencies", ()) if one.get("ref") not in {IMAGE_REF, *refs}),
            *({"ref": ref} for ref in sorted(refs)),
            {"ref": IMAGE_REF, "dependsOn": sorted({*refs, *(one["bom-ref"] for one in others)})},
        ],
        "compositions": [{"aggregate": "incomplete", "assemblies": [IMAGE_REF]}],
    }
    write_atomically(path, (json.dumps(told, indent=2) + "\n").encode())
    return path


def _model(project: Project, digest: str) -> dict[str, Any]:
    manifest = project.bundles.get(digest).manifest
    return {
        "bom-ref": f"bundle-{digits(digest)}",
        "type": "machine-learning-model",
        "name": manifest.name,
        "version": digest,
        "hashes": [{"alg": "SHA-256", "content": digits(digest)}],
        "properties": [
            {"name": "trunkline:runtime", "value": manifest.runtime},
            {"name": "trunkline:commit", "value": manifest.lineage.commit},
            {"name": "trunkline:snapshot", "value": manifest.lineage.snapshot},
        ],
    }
