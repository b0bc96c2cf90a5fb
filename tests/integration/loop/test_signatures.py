"""Only what main's keys signed begins to serve: bundles, on real git; nothing is fetched before it."""

from __future__ import annotations

import pytest

from certificates import signing_key
from trunkline.cli.main import run
from trunkline.core.errors import NotFoundError, PolicyError, SignatureError
from trunkline.core.project import Project
from trunkline.core.release import Release, Route
from trunkline.core.signature import PrivateKey, sign_digest
from trunkline.delivery import next_state, read_state, write_state
from trunkline.loop.rollout import deploying
from trunkline.loop.versions import signatures
from trunkline.registry.git_tree import WRITER, plumb, write_tree
from trunkline.registry.signatures import REFS, keep_signature, signatures_of

from .conftest import git, write

ONE, TWO = (Route(version=number, bundle=f"sha256:{str(number) * 64}") for number in (1, 2))


def say(_: str) -> None:
    """Keep quiet."""


def push(project: Project) -> None:
    """Commit everything on main and push it."""
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Change")
    git(project.root, "push", "--quiet", "origin", "main")


@pytest.fixture
def key(project: Project, monkeypatch: pytest.MonkeyPatch) -> PrivateKey:
    """The key that main names; main desires version 1, which nobody has."""
    private, public = signing_key()
    write(project.root / "keys/release.pub", public)
    policy = project.root / "trunkline.yaml"
    policy.write_text(policy.read_text() + "signatures: {keys: [keys/release.pub]}\n")
    path = project.deployment("production")
    write_state(path, next_state(read_state(path), "single", challenger=ONE, share=0.0))
    push(project)
    monkeypatch.setenv(signatures.KEY, private)
    return PrivateKey(private)


def deploy(project: Project) -> None:
    """Plan and apply."""
    plan = deploying.plan_deployment(project, "production")
    deploying.apply_deployment(project, "production", reviewed=plan.checksum, progress=say)


def test_what_nobody_signed_is_refused_and_what_is_signed_is_fetched(
    project: Project, key: PrivateKey, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SignatureError):
        deploy(project)
    assert run(["--project", str(project.root), "plan", "production"]) == 0
    assert "apply refuses version 1" in capsys.readouterr().out
    assert run(["--project", str(project.root), "verify", "production"]) == SignatureError.exit_code
    assert run(["--project", str(project.root), "sign", "--bundle", ONE.bundle]) == 0
    assert run(["--project", str(project.root), "verify", "production"]) == 0
    # It was let through: what is missing now is the bundle itself.
    with pytest.raises(NotFoundError):
        deploy(project)


def test_what_a_stranger_pushed_below_a_folder_keeps_nobody_from_signing(
    project: Project, key: PrivateKey, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name = f"{key.public.identity}.json"
    (folder := tmp_path_factory.mktemp("strangers") / name).mkdir()
    (folder / "in-the-way").write_text("x")
    tree = write_tree(project.root, folder.parent)
    commit = plumb(project.root, "commit-tree", tree, "-m", "A stranger's", environment=WRITER)
    git(project.root, "push", "--quiet", "origin", f"{commit}:{REFS}{ONE.bundle.removeprefix('sha256:')}")
    signatures.sign(project, bundle=ONE.bundle, progress=say)
    with pytest.raises(NotFoundError):  # of the bundle: its signature is there
        deploy(project)


def test_a_strangers_signature_and_one_of_another_bundle_are_refused(
    project: Project, key: PrivateKey
) -> None:
    stranger = PrivateKey(signing_key()[0])
    keep_signature(project.root, ONE.bundle, "stranger.json", sign_digest(stranger, ONE.bundle, "loans"))
    keep_signature(project.root, ONE.bundle, "moved.json", sign_digest(key, TWO.bundle, "loans"))
    with pytest.raises(SignatureError):
        deploy(project)
    signatures.sign(project, bundle=ONE.bundle, progress=say)
    assert len(signatures_of(project.root, ONE.bundle)) == 3
    with pytest.raises(NotFoundError):
        deploy(project)


def test_what_is_checked_out_loosens_nothing(project: Project, key: PrivateKey) -> None:
    policy = project.root / "trunkline.yaml"
    policy.write_text(policy.read_text().replace("signatures", "# signatures"))
    (project.root / "keys/release.pub").unlink()
    with pytest.raises(SignatureError):
        deploy(Project(project.root))
    git(project.root, "checkout", "--quiet", ".")
    write(project.root / "keys/release.pub", signing_key()[1])
    with pytest.raises(SignatureError):
        deploy(Project(project.root))


def test_a_key_that_main_does_not_name_signs_nothing(
    project: Project, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(signatures.KEY, signing_key()[0])
    for digest in (ONE.bundle, "sha256:1", ""):
        with pytest.raises(PolicyError):
            signatures.sign(project, bundle=digest, progress=say)
    assert signatures_of(project.root, ONE.bundle) == ()


def test_a_key_that_main_names_and_lacks_stops_everything(project: Project, key: PrivateKey) -> None:
    git(project.root, "rm", "--quiet", "keys/release.pub")
    push(project)
    with pytest.raises(PolicyError):
        deploy(project)


def test_what_serves_already_is_not_asked_again(project: Project, key: PrivateKey) -> None:
    served = Release.of_one(ONE.bundle, environment="production", revision="c", version=1)
    canary = served.model_copy(update={"challenger": TWO})
    assert [one.what[:9] for one in signatures.signatures(project, canary, served=served)] == ["version 2"]
    signatures.require_signed(project, served, served=canary)  # the way back
    with pytest.raises(SignatureError):
        signatures.require_signed(project, canary, served=served)


def test_without_a_key_on_main_nothing_needs_to_be_signed(project: Project) -> None:
    release = Release.of_one(ONE.bundle, environment="production", revision="c", version=1)
    assert signatures.signatures(project, release, served=None) == ()
