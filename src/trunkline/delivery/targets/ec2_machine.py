"""A machine of EC2: the script that it starts with, which says what it serves."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from trunkline.core.errors import StorageError
from trunkline.core.release import Release

from ..engine import PORT

_SERVES = re.compile(r"^# serves (\{.*\})$", re.MULTILINE)


def start_script(
    release: Release,
    command: tuple[str, ...],
    variables: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    region: str,
    log_group: str,
) -> str:
    """Return what a machine with Amazon Linux runs at its first start; `secrets` are parameters of SSM.

    Docker starts the container again after a fall or a reboot. Secrets lie in a file of root's, and in no list.
    """
    given = "\n".join(f"{name}={value}" for name, value in variables.items())
    registry = release.image.partition("/")[0]
    fetched = "\n".join(
        f"printf '%s=%s\\n' {name} \"$(aws ssm get-parameter --region {region} --with-decryption"
        f' --query Parameter.Value --output text --name {shlex.quote(parameter)})" >> "$folder/variables"'
        for name, parameter in secrets.items()
    )
    return f"""#!/bin/bash
# serves {release.canonical().decode()}
set -euo pipefail
umask 077
folder=$(mktemp -d)
dnf install -y docker
systemctl enable --now docker
aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}
cat > "$folder/variables" <<'TRUNKLINE'
{given}
TRUNKLINE
{fetched}
docker run --detach --name service --restart always --read-only --tmpfs /tmp --cap-drop=ALL \\
  --security-opt no-new-privileges --volume log:/srv/log --env-file "$folder/variables" --stop-timeout 60 \\
  --log-driver awslogs --log-opt awslogs-region={region} --log-opt awslogs-group={log_group} \\
  --publish {PORT}:{PORT} {release.image} {shlex.join(command)}
rm -r "$folder"
"""


def template_of(script: str, foundation: Mapping[str, str], machine: str) -> dict[str, Any]:
    """Return the data of a launch template whose machines run a script."""
    return {
        "ImageId": foundation["System"],
        "InstanceType": machine,
        "IamInstanceProfile": {"Name": foundation["MachineProfile"]},
        "UserData": base64.b64encode(script.encode()).decode(),
        # IMDSv2 alone; two hops, because the container asks it for the role that ships the log.
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "NetworkInterfaces": [
            {"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Groups": [foundation["SecurityGroup"]]}
        ],
    }


def own_part(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a launch template's data is ours."""
    profile = data.get("IamInstanceProfile") or {}
    return {
        **{name: data.get(name) for name in ("ImageId", "InstanceType", "UserData")},
        "profile": profile.get("Name"),
    }


def release_of(data: Mapping[str, Any]) -> Release | None:
    """Return the release that machines of a launch template serve; None where another wrote it."""
    try:
        script = base64.b64decode(str(data.get("UserData", ""))).decode()
        found = _SERVES.search(script)
        return Release.from_dict(json.loads(found[1]), origin="launch template") if found else None
    except (StorageError, ValueError):  # of another version of Trunkline, or changed by hand
        return None
