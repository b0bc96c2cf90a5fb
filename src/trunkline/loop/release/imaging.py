"""Image: build the image that serves what is about to be proposed, ask it, and push it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_delay,
    wait_fixed,
)

from trunkline import __version__
from trunkline.core.bundle import Bundle
from trunkline.core.errors import ApplyError, NotFoundError, ProjectError
from trunkline.core.git import try_git
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.reading import read_text
from trunkline.core.ready import ask_ready
from trunkline.core.record import short, write_atomically
from trunkline.core.release import Release, Route
from trunkline.core.secrets import everything
from trunkline.delivery import next_state, read_state
from trunkline.delivery.engine import Engine, build_secrets
from trunkline.delivery.image import IMAGE_FILE, Image, lay_out, pinned_base
from trunkline.delivery.plan import routes_of
from trunkline.delivery.runtime_locks import runtime_locks
from trunkline.forge.kind import GITHUB, parse_remote
from trunkline.loop.changes.merged import merged_state
from trunkline.loop.model.snapshots import locked_snapshot
from trunkline.loop.model.training import train
from trunkline.loop.versions.bundles import bundle_of, champion_of
from trunkline.loop.versions.named import asked_version

from .rehearsing import ROWS, ask_service
from .tested import adopt, packed_key

PATIENCE_S = 60.0
BASE_IMAGE = "TRUNKLINE_BASE_IMAGE"
"""The variable that names an image in the place of the Dockerfile's own base."""
LOOK = "correct what its words say in Dockerfile, requirements/serve.in or the model's code, and `make image` again"
INSTALLED = "installed.txt"
"""What an image has installed from its locks, as one lock: what its SBOM is made of."""


def build_image(
    project: Project, folder: Path, *, number: int = 0, bundle: str = "", push: str = "", progress: Progress
) -> Image:
    """Build the image of version `number`, ask it, and push it to the name `push` if one is given.

    It carries the bundles of the desired state that the version's first stage will be, so that one image goes through
    all stages. Without `number` it carries what `folder`/bundle holds packed; without `bundle`, too, else the
    champion's, else the bundle of the checked-out commit. `folder` gets the build context, `installed.txt` and
    `image.json`. Raises NotFoundError without docker or podman or the packed `bundle`, ApplyError when the build, the
    push or the container fails, and BundleError when main names another bundle as version `number` than `bundle`,
    which an earlier job named.
    """
    release, asked = _release_of(project, folder, number, bundle, progress=progress)
    engine = Engine.find()
    context = lay_out(folder / "image", project.root, release, project.bundles)
    name = (push or project.policy.name).lower()
    newest = release.challenger or release.champion
    # A later commit's image of the same bundle takes no tag away from the one that serves.
    tag = f"{short(newest.bundle)}-{release.revision[:7]}"
    bundles = [project.bundles.get(route.bundle) for route in routes_of(release)]
    training = any(bundle.manifest.requires for bundle in bundles)
    locks = runtime_locks(context / "requirements", training=training)
    progress(f"building {name}:{tag} from {', '.join(short(bundle.digest) for bundle in bundles)}")
    begun = time.monotonic()
    identity = engine.build(
        context,
        name,
        tag,
        arguments=_arguments(locks[-1], os.environ.get(BASE_IMAGE) or pinned_base(context)),
        labels=labels_of(release, _source(project), number),
        secrets=build_secrets(everything()),
        progress=progress,
    )
    files = [path for name in locks if (path := context / "requirements" / f"{name}.txt").is_file()]
    text = one_lock([read_text(path) for path in files])
    write_atomically(folder / INSTALLED, text.encode())
    size = engine.size(identity)
    progress(f"built in {time.monotonic() - begun:.0f} s" + (f": {size / 1e6:.0f} MB" if size else ""))
    # In a canary both versions answer, each to its own users: here only readiness can be checked.
    compared = None if release.strategy == "canary" else asked
    _ask_container(engine, project, identity, compared, progress=progress)
    digests = tuple(bundle.digest for bundle in bundles)
    image = Image(name=name, tag=tag, identity=identity, bundles=digests, size=size)
    if push:
        progress(f"pushing {name}:{tag}")
        image = image.model_copy(update={"digest": engine.push(name, tag)})
    image.write(folder / IMAGE_FILE)
    return image


def _arguments(lock: str, base: str) -> list[str]:
    """Return what the Dockerfile is told: what to install, and another base than its own where one is named."""
    return [*([f"REQUIREMENTS={lock}"] if lock != "serve" else []), *([f"BASE={base}"] if base else [])]


def _release_of(
    project: Project, folder: Path, number: int, named: str, *, progress: Progress
) -> tuple[Release, Bundle]:
    environment = project.policy.rollout.environment
    if not number:
        packed = folder / "bundle"
        if packed.is_dir():
            # What was packed was judged for its key; the rows need not be on this machine again.
            digest = adopt(project, packed, key=packed_key(packed), bundle=named)
            bundle = project.bundles.get(digest)
        elif named:
            raise NotFoundError(
                f"The bundle {short(named)} is not packed in {packed}.",
                value=named,
                next_step="trunkline ci pack --bundle DIGEST, or name the version instead (make image VERSION=)",
            )
        else:
            bundle = champion_of(project, progress=progress) or train(project, progress=progress)[0]
        return Release.of_one(bundle.digest, environment=environment, revision=project.commit()), bundle
    version = asked_version(project, number, bundle=named)
    route = Route(version=version.number, bundle=version.bundle)
    state = merged_state(project, environment) or read_state(project.deployment(environment))
    first = project.policy.rollout.after()
    stage = first.strategy if state.champion and first else "single"
    if version.bundle not in {each.bundle for each in (state.champion, state.challenger) if each}:
        state = next_state(state, stage, challenger=route, share=first.share if first else 0.0)
    release = state.release(project.commit()) or Release.of_one(
        version.bundle, environment=environment, revision=project.commit(), version=version.number
    )
    for each in routes_of(release):
        bundle_of(project, each, progress=progress)
    return release, bundle_of(project, release.champion, progress=progress)


def one_lock(locks: Sequence[str]) -> str:
    """Return locks as one: each requirement, with its hashes on the lines below it, once and in order."""
    blocks = {block for lock in locks for block in re.split(r"\n(?=[^\s#])", lock.strip()) if block}
    return "".join(f"{block}\n" for block in sorted(blocks))


def labels_of(release: Release, source: str, number: int) -> dict[str, str]:
    """Return what an image says of itself to whoever looks at it; `source` and `number` only where there are such."""
    said = {"source": source, "revision": release.revision, "version": str(number) if number else ""}
    return {f"org.opencontainers.image.{key}": value for key, value in said.items() if value} | {
        "trunkline.bundles": " ".join(route.bundle for route in routes_of(release)),
        "trunkline.toolkit": __version__,
    }


def source_of(origin: str, environment: Mapping[str, str]) -> str:
    """Return the page of the repository, without a password that its remote may hold; empty where it is a folder."""
    if name := environment.get("GITHUB_REPOSITORY"):
        return f"{environment.get('GITHUB_SERVER_URL') or GITHUB}/{name}"
    remote = parse_remote(origin)
    return f"https://{remote.host}/{remote.repository}" if remote.host else ""


def _source(project: Project) -> str:
    return source_of(try_git(project.root, "remote", "get-url", "origin").stdout.strip(), os.environ)


def _ask_container(
    engine: Engine, project: Project, identity: str, bundle: Bundle | None, *, progress: Progress
) -> None:
    """Start a container and compare what it answers to test rows with what the champion's bundle answers."""
    progress("asking a container of it")
    begun = time.monotonic()
    container = engine.start(identity)
    try:
        address = _ready(engine, container)
        progress(f"ready after {time.monotonic() - begun:.1f} s")
        if bundle is None:
            return
        try:
            rows = locked_snapshot(project, progress=progress).test().head(ROWS)
        except (NotFoundError, ProjectError) as error:
            # No rows here: none were kept, or load() lacks the secret behind which they lie.
            if isinstance(error, ProjectError) and project.policy.data.rows == "repository":
                raise
            progress(f"it was only asked whether it is ready: {error.what}")
            return
        made = ask_service(address, bundle, rows, number=0)
        if not made.passed:
            raise ApplyError(
                f"The container does not answer as the bundle does: {made.failed} of {made.asked} without an answer, "
                f"{made.wrong} otherwise. First: {made.problem}",
                value=engine.words(container)[-300:],
                next_step="correct what differs in Dockerfile or requirements/serve.in, and `make image` again",
            )
    finally:
        if not engine.remove(container):
            progress(f"the container {container[:12]} could not be removed")


def _ready(engine: Engine, container: str) -> str:
    """Return where a container answers once it is ready; raise ApplyError when it ends or takes too long."""

    def look() -> str:
        if not engine.running(container):
            raise ApplyError(
                f"The container ended before it was ready: {engine.words(container)}", next_step=LOOK
            )
        address = engine.address(container)
        return address if ask_ready(address).ready else ""

    try:
        return Retrying(
            stop=stop_after_delay(PATIENCE_S),
            wait=wait_fixed(0.2),
            retry=retry_if_exception_type(httpx.HTTPError) | retry_if_result(lambda address: not address),
        )(look)
    except RetryError as error:
        raise ApplyError(
            f"The container is not ready after {PATIENCE_S:.0f} s: {engine.words(container)}", next_step=LOOK
        ) from error
