"""A real API server of Kubernetes with its etcd. No controller and no machine is there: a thread plays both.

`kube-apiserver` comes from no package of Debian or PyPI. It builds in three minutes as a Go module that requires
k8s.io/kubernetes and repeats its `replace` lines with the versions of the same release (v1.34.1: v0.34.1).
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from containers.fixtures import free_port
from trunkline.delivery.targets.kubernetes_objects import release_of
from trunkline.delivery.targets.service import wait_for

NAMESPACE = "loans"
PROGRAM = "TRUNKLINE_KUBE_APISERVER"
"""The variable that names the program where PATH does not have it."""


@dataclass
class Cluster:
    """The server, as its administrator sees it; versions in `broken` never become ready."""

    folder: Path
    client: httpx.Client
    broken: set[int] = field(default_factory=set)
    slow: set[int] = field(default_factory=set)
    """Versions of which nothing is heard."""

    @property
    def kubeconfig(self) -> Path:
        """The configuration of the user who deploys."""
        return self.folder / "kubeconfig"

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """Return what the server answers; raise for what it refuses."""
        answer = self.client.request(
            method, path, content=json.dumps(body) if body else None, headers={"content-type": kind}
        )
        answer.raise_for_status()
        return answer.json()

    def grant(self, rules: list[dict[str, Any]]) -> None:
        """Give whoever deploys these rights in the namespace, and no others."""
        place = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}"
        named = {"name": "trunkline"}
        self.ask("POST", f"{place}/roles", {"metadata": named, "rules": rules})
        whom = [{"kind": "User", "name": "deployer", "apiGroup": "rbac.authorization.k8s.io"}]
        role = {"kind": "Role", "name": "trunkline", "apiGroup": "rbac.authorization.k8s.io"}
        self.ask("POST", f"{place}/rolebindings", {"metadata": named, "subjects": whom, "roleRef": role})

    def deployments(self) -> list[dict[str, Any]]:
        """Return every Deployment."""
        found = self.ask("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")["items"]
        return list(found)

    def control(self) -> None:
        """Do once what the controller of Deployments and the machines would."""
        for each in self.deployments():
            release = release_of(each)
            status = dict(each.get("status") or {})
            generation = each["metadata"]["generation"]
            version = release.champion.version if release else 0
            if status.get("observedGeneration") == generation or version in self.slow:
                continue
            wanted = each["spec"].get("replicas", 1)
            progress = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
            made = {"observedGeneration": generation, "conditions": [progress]}
            if version in self.broken:
                old = status.get("availableReplicas", 0)
                progress |= {"status": "False", "reason": "ProgressDeadlineExceeded"}
                progress |= {"message": 'ReplicaSet "loans" has timed out progressing.'}
                made |= {"replicas": old + wanted, "updatedReplicas": wanted, "availableReplicas": old}
            else:
                made |= {"replicas": wanted, "updatedReplicas": wanted, "availableReplicas": wanted}
                made |= {"readyReplicas": wanted}
            path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{each['metadata']['name']}/status"
            self.ask("PATCH", path, {"status": made}, "application/merge-patch+json")


@contextmanager
def serve_cluster(folder: Path) -> Iterator[Cluster]:
    """Yield a cluster with the namespace NAMESPACE; skip, with the reason, where its programs are not there."""
    program = os.environ.get(PROGRAM) or shutil.which("kube-apiserver")
    etcd = shutil.which("etcd")
    if not program or not etcd or not shutil.which("kubectl"):
        pytest.skip(
            "kube-apiserver, etcd or kubectl is not here: tests/cloud/cluster.py says how they are had"
        )
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "sa.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    (folder / "tokens.csv").write_text('admin-token,admin,1,"system:masters"\ndeployer-token,deployer,2\n')
    stored, peers, port = free_port(), free_port(), free_port()
    store = [etcd, "--data-dir", str(folder / "etcd"), "--listen-client-urls", f"http://127.0.0.1:{stored}"]
    store += ["--advertise-client-urls", f"http://127.0.0.1:{stored}"]
    store += ["--listen-peer-urls", f"http://127.0.0.1:{peers}"]
    words = [program, f"--etcd-servers=http://127.0.0.1:{stored}", "--bind-address=127.0.0.1"]
    words += [f"--secure-port={port}", f"--cert-dir={folder}/certificates", "--authorization-mode=RBAC"]
    words += [f"--token-auth-file={folder}/tokens.csv", "--service-account-issuer=https://cluster.test"]
    words += [f"--service-account-key-file={folder}/sa.key", "--service-cluster-ip-range=10.0.0.0/24"]
    words += [f"--service-account-signing-key-file={folder}/sa.key"]
    place = f"https://127.0.0.1:{port}"
    ended = threading.Event()
    with (folder / "log").open("w") as log, (folder / "etcd.log").open("w") as etcd_log:
        processes = [subprocess.Popen(store, stdout=etcd_log, stderr=etcd_log)]
        try:
            processes.append(subprocess.Popen(words, stdout=log, stderr=log))
            certificate = folder / "certificates/apiserver.crt"
            assert wait_for(lambda: certificate.is_file() or None, patience=60), (folder / "log").read_text()
            context = ssl.create_default_context(cafile=str(certificate))
            context.check_hostname = False
            admin = {"authorization": "Bearer admin-token"}
            with httpx.Client(base_url=place, verify=context, headers=admin, trust_env=False) as client:
                cluster = Cluster(folder, client)

                def ready() -> bool:
                    try:
                        return client.get("/readyz").status_code == httpx.codes.OK
                    except httpx.HTTPError:
                        return False

                assert wait_for(lambda: ready() or None, patience=60, every=0.3), (folder / "log").read_text()
                cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
                cluster.kubeconfig.write_text(json.dumps(configuration(place, certificate)))
                playing = threading.Thread(target=play, args=(cluster, ended), daemon=True)
                playing.start()
                yield cluster
                ended.set()
                playing.join(timeout=10)
        finally:
            ended.set()
            for each in reversed(processes):
                each.terminate()
                each.wait(timeout=30)


def play(cluster: Cluster, ended: threading.Event) -> None:
    """Be the controllers and machines until that has ended."""
    while not ended.wait(0.1):
        try:
            cluster.control()
        except httpx.HTTPStatusError as error:  # changed or deleted between its look and its answer
            if error.response.status_code not in (httpx.codes.CONFLICT, httpx.codes.NOT_FOUND):
                raise


def configuration(place: str, certificate: Path) -> dict[str, Any]:
    """Return kubectl's configuration for the user who deploys, and for one whose token is no longer good."""
    users = {"production": "deployer-token", "expired": "an-old-token"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "production",
        "clusters": [
            {
                "name": "here",
                "cluster": {
                    "server": place,
                    "certificate-authority": str(certificate),
                    "tls-server-name": "kubernetes",
                },
            }
        ],
        "users": [{"name": name, "user": {"token": token}} for name, token in users.items()],
        "contexts": [{"name": name, "context": {"cluster": "here", "user": name}} for name in users],
    }
