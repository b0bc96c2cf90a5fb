"""Refuse a container registry that is none of GitHub's: a variable names it, and it gets the workflow's own token.

It runs before anything is installed, so it needs Python alone. Its argument is the registry's host: ghcr.io, or one
below the host of the GitHub server that runs this. Amazon ECR gets no token: the role of AWS_ROLE_ARN opens it.
"""

from __future__ import annotations

import os
import re
import sys

if __name__ == "__main__":
    host, server = sys.argv[1], os.environ["GITHUB_SERVER_URL"].partition("://")[2]
    if re.fullmatch(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com", host):
        sys.exit(0)
    # Nothing but a host: what stands behind a slash is no part of where a login goes.
    if host != "ghcr.io" and not (
        host.endswith(f".{server}") and re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", host)
    ):
        sys.exit(f"TRUNKLINE_REGISTRY names {host}, which is no registry of {server}: correct the variable.")
