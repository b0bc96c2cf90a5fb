"""Load for real: locust in a process of its own against real services, healthy, slow, failing, dying and absent."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from trunkline.cli.load import load as verb
from trunkline.core.errors import GateFailed, NotFoundError, ProjectError, UnavailableError
from trunkline.core.project import Project
from trunkline.core.verdicts import GateRun, Outcome
from trunkline.loop.gates import runs
from trunkline.loop.gates.load_process import ORDER_VARIABLE
from trunkline.loop.gates.loading import SERVICE_LOG, load
from trunkline.loop.model import snapshots, training

LOCUSTFILE = """
import random
from locust import FastHttpUser, constant, task

class Asking(FastHttpUser):
    wait_time = constant(1000)

    @task
    def predict(self):
        row = {"case": 1, "month": 3, "income": random.uniform(0, 500), "region": "north", "sex": "f"}
        self.client.post("/predict", json=row)
"""
# Generous, because other tests run beside this one; what is planted is far beyond it.
LIMITS = "load: {rate: 40, seconds: 3, warm_up_s: 1, latency_p95_ms: 400}"
Project_ = Callable[[Path], Project]


def say(_: str) -> None:
    """Keep quiet."""


def prepared(root: Path, make_project: Project_, limits: str = LIMITS) -> Project:
    """Make a project with a locustfile and limits."""
    make_project(root)
    (root / "loadtest").mkdir()
    (root / "loadtest/locustfile.py").write_text(LOCUSTFILE)
    policy = root / "trunkline.yaml"
    policy.write_text(policy.read_text().replace("gates:\n", f"gates:\n  {limits}\n"))
    return Project(root)


@pytest.fixture
def plain(tmp_path: Path, make_project: Project_) -> Project:
    """A project that is asked only about services of others, so that nothing is trained."""
    return prepared(tmp_path / "loans", make_project)


@pytest.fixture
def trained(tmp_path_factory: pytest.TempPathFactory, make_project: Project_) -> Project:
    """A project with a trained bundle, made once."""
    root = tmp_path_factory.getbasetemp() / "trained-for-load/loans"
    if not root.exists():
        project = prepared(root, make_project)
        snapshots.snapshot(project, progress=say)
        training.train(project, progress=say)
    return Project(root)


def outcomes(run: GateRun) -> dict[str, Outcome]:
    """Return outcomes by gate."""
    return {verdict.gate: verdict.outcome for verdict in run.verdicts}


def reason(run: GateRun, gate: str) -> str:
    """Return what a gate says."""
    return next(verdict.reason for verdict in run.verdicts if verdict.gate == gate)


def kept(project: Project, bundle: str) -> GateRun | None:
    """Return what `judge` will find."""
    return runs.kept_run(project, runs.LOAD, bundle, project.policy.gates.load)


def edit(project: Project, name: str, old: str, new: str) -> Project:
    """Replace a text in a project's file and return the project as it is then."""
    path = project.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Project(project.root)


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], None], ready: object = None) -> Iterator[str]:
    """Serve on loopback whatever `answer` writes, many requests at once; `ready` answers every GET."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            respond(self, 200, ready)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer(self)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}"
        finally:
            running.shutdown()
            thread.join()


def respond(handler: BaseHTTPRequestHandler, status: int, body: object) -> None:
    """Write a response."""
    content = json.dumps(body).encode()
    handler.send_response(status)
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def test_a_healthy_service_passes_and_leaves_nothing_but_its_verdicts(trained: Project) -> None:
    said: list[str] = []
    before = set(psutil.Process().children(recursive=True))  # what other tests of this process share
    run = load(trained, progress=said.append)
    assert outcomes(run) == {"load/rate": "pass", "load/errors": "pass", "load/latency": "pass"}
    bundle, _, fresh = training.train(trained, progress=say)
    assert not fresh
    assert (run.bundle, run.snapshot) == (bundle.digest, bundle.manifest.lineage.snapshot)
    assert kept(trained, bundle.digest) == run
    assert '"event":"started"' in (runs.run_folder(trained, run.bundle) / SERVICE_LOG).read_text()
    assert not (trained.work / "predictions").exists()
    assert not (trained.work / "live").exists()
    assert any("putting 40 requests a second" in line for line in said)
    assert not set(psutil.Process().children(recursive=True)) - before
    rows = {figure.name: figure.rows for verdict in run.verdicts for figure in verdict.figures}
    assert rows["error_rate"] == rows["latency_p95_ms"] == 120  # 40 a second for 3 seconds, and no warm-up


def test_a_slow_model_fails_by_latency_and_its_verb_says_so(
    tmp_path: Path, make_project: Project_, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: a step of the features takes 0.1 s a row, so the model gives ten answers a second, from Python."""
    monkeypatch.setattr("trunkline.loop.gates.load_process.PATIENCE_S", 1.0)
    project = prepared(tmp_path / "loans", make_project)
    edit(
        project,
        "src/loans/features.py",
        "def features():\n    return ColumnTransformer([",
        "def slowly(frame):\n    time.sleep(0.1 * len(frame) * (len(frame) < 200))\n    return frame\n\n\n"
        "def features():\n    return make_pipeline(FunctionTransformer(slowly), _columns())\n\n\n"
        "def _columns():\n    return ColumnTransformer([",
    )
    project = edit(
        project,
        "src/loans/features.py",
        "from sklearn.preprocessing import OneHotEncoder,",
        "import time\n\nfrom sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import FunctionTransformer, OneHotEncoder,",
    )
    snapshots.snapshot(project, progress=say)
    with pytest.raises(GateFailed, match="load/latency") as caught:
        verb.main(args=[], obj=project.root, standalone_mode=False)
    assert caught.value.exit_code == 3
    bundle, _, fresh = training.train(project, progress=say)
    assert not fresh
    run = kept(project, bundle.digest)
    assert run
    assert outcomes(run)["load/latency"] == "fail"
    assert outcomes(run)["load/rate"] == "fail"
    assert "The service was the bottleneck" in reason(run, "load/rate")


def test_a_service_that_dies_fails_by_errors(tmp_path: Path, make_project: Project_) -> None:
    """Planted: once it serves, the model ends the service as a machine that has run out of memory would."""
    project = prepared(tmp_path / "loans", make_project)
    edit(
        project,
        "src/loans/features.py",
        "def features():\n    return ColumnTransformer([",
        "CALLS = []\n\n\n"
        "def deadly(frame):\n"
        "    CALLS.append(len(frame))\n"
        "    service = psutil.Process(os.getppid())\n"
        '    if "trunkline.serving" in service.cmdline() and len(CALLS) > 60:\n'
        "        service.kill()\n"
        "    return frame\n\n\n"
        "def features():\n    return make_pipeline(FunctionTransformer(deadly), _columns())\n\n\n"
        "def _columns():\n    return ColumnTransformer([",
    )
    project = edit(
        project,
        "src/loans/features.py",
        "from sklearn.preprocessing import OneHotEncoder,",
        "import os\n\nimport psutil\n\nfrom sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import FunctionTransformer, OneHotEncoder,",
    )
    snapshots.snapshot(project, progress=say)
    run = load(project, progress=say)
    assert outcomes(run)["load/errors"] == "fail"
    assert "The service ended under load" in reason(run, "load/errors")
    assert "ConnectionRefusedError" in reason(run, "load/errors")


def test_slow_answers_do_not_slow_the_requests_down(plain: Project) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        threading.Event().wait(0.8)
        respond(handler, 200, {})

    with server(slow) as host:
        run = load(plain, host=host, progress=say)
    assert outcomes(run) == {"load/rate": "pass", "load/errors": "pass", "load/latency": "fail"}


def test_a_failing_service_fails_by_errors_alone_and_nothing_is_saved(plain: Project) -> None:
    said: list[str] = []
    with server(lambda handler: respond(handler, 500, {"error": "no"})) as host:
        run = load(plain, host=host, progress=said.append)
    assert outcomes(run)["load/errors"] == "fail"
    assert outcomes(run)["load/rate"] == "pass"
    assert "HTTP 500 (120)" in reason(run, "load/errors")
    assert run.bundle == ""
    assert any("not saved" in line for line in said)
    assert not plain.evaluations.exists()


def test_a_service_that_hangs_up_fails_by_errors(plain: Project) -> None:
    with server(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)) as host:
        run = load(plain, host=host, progress=say)
    assert outcomes(run)["load/errors"] == "fail"


def test_a_service_that_never_answers_fails_by_errors(
    plain: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.loop.gates.load_process.PATIENCE_S", 1.0)
    end = threading.Event()

    def never(_: BaseHTTPRequestHandler) -> None:
        end.wait()

    with server(never) as host:
        run = load(plain, host=host, progress=say)
        end.set()
    assert outcomes(run) == {"load/rate": "fail", "load/errors": "fail", "load/latency": "fail"}
    assert "no answer within 1 s of the end (120)" in reason(run, "load/errors")


def test_a_service_that_is_not_there_is_named(plain: Project) -> None:
    with pytest.raises(UnavailableError, match=r"Nothing answers at http://127\.0\.0\.1:9"):
        load(plain, host="http://127.0.0.1:9", progress=say)


def test_only_a_service_that_serves_one_known_bundle_has_its_verdicts_saved(trained: Project) -> None:
    bundle, _, _ = training.train(trained, progress=say)
    ready = {
        "ready": True,
        "environment": "staging",
        "revision": "abc",
        "strategy": "single",
        "champion": {"version": 1, "bundle": bundle.digest},
    }
    with server(lambda handler: respond(handler, 200, {}), ready) as host:
        run = load(trained, host=host, progress=say)
        assert run.bundle == bundle.digest
        assert kept(trained, bundle.digest) == run

    other = ready | {
        "strategy": "canary",
        "challenger": {"version": 2, "bundle": bundle.digest},
        "share": 0.2,
    }
    kept_as = runs.run_folder(trained, bundle.digest) / "load.json"
    kept_as.unlink()
    with server(lambda handler: respond(handler, 200, {}), other) as host:
        assert load(trained, host=host, progress=say).bundle == ""
    assert not kept_as.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere\n", "No module named 'nowhere'"),
        ("def broken(:\n", "SyntaxError"),
        ("x = 1\n", "No User class found"),
        (LOCUSTFILE.replace("self.client.post", "1 / 0; self.client.post"), "ZeroDivisionError"),
        (LOCUSTFILE.replace("self.client.post", "str"), "sent no request"),
    ],
    ids=["import", "syntax", "no-user", "raises", "asks-nothing"],
)
def test_a_locustfile_that_does_not_work_is_an_error_that_says_why(
    plain: Project, text: str, words: str
) -> None:
    text = text.replace('str("/predict", json=row)', "str(row)")
    (plain.root / "loadtest/locustfile.py").write_text(text)
    project = edit(plain, "trunkline.yaml", "seconds: 3, warm_up_s: 1", "seconds: 0.5, warm_up_s: 0")
    with server(lambda handler: respond(handler, 200, {})) as host, pytest.raises(ProjectError, match=words):
        load(project, host=host, progress=say)


def test_a_project_without_a_locustfile_is_told_where_it_is_looked_for(plain: Project) -> None:
    (plain.root / "loadtest/locustfile.py").unlink()
    with pytest.raises(NotFoundError, match=r"no locustfile loadtest/locustfile\.py"):
        load(plain, progress=say)


def test_without_locust_the_requirement_is_named(plain: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "locust", None)
    with pytest.raises(NotFoundError, match="locust is not installed") as caught:
        load(plain, progress=say)
    assert "pip install 'locust" in caught.value.next_step


def test_settings_of_the_callers_locust_change_nothing(
    plain: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCUST_RUN_TIME", "1")
    monkeypatch.setenv("LOCUST_MODE_MASTER", "1")
    monkeypatch.delenv(ORDER_VARIABLE, raising=False)
    project = edit(plain, "trunkline.yaml", "seconds: 3, warm_up_s: 1", "seconds: 3, warm_up_s: 0")
    with server(lambda handler: respond(handler, 200, {})) as host:
        assert outcomes(load(project, host=host, progress=say))["load/rate"] == "pass"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_no_process_behind(trained: Project, number: signal.Signals) -> None:
    root = Path(shutil.copytree(trained.root, trained.root.parent / f"interrupted-{number}"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(120)
        (root / "loadtest/locustfile.py").write_text(
            "import socket\n"
            f"BEGUN = socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}))\n" + LOCUSTFILE
        )
        program = "import sys; from trunkline.cli.load import load; from pathlib import Path\n"
        program += "load.main(args=[], obj=Path(sys.argv[1]), standalone_mode=False)"
        with subprocess.Popen(
            [sys.executable, "-c", program, str(root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running:
            listener.accept()[0].close()  # locust is up, and so is the service
            family = psutil.Process(running.pid).children(recursive=True)
            os.kill(running.pid, number)
            os.kill(running.pid, number)
            running.communicate(timeout=60)
    assert len(family) >= 2
    _, alive = psutil.wait_procs(family, timeout=0)
    assert not alive
    assert running.returncode != 0
