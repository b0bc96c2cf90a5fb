"""The demo: the whole loop once, on real data, with the verbs that the workflows call.

    python demo/walk.py            walk the loop; leaves demo/work/arrests and its service for you to play with
    python demo/walk.py --stop     stop what an earlier walk left running

The environment variable TRUNKLINE_DEMO puts its folder elsewhere, and TRUNKLINE_DEMO_PROGRAMS names another folder for
the commands of its environment (the tests set both).

Real: the arrests of 1997-2002, git, MLflow, HTTP, SMTP, the service. Planted, and said so where it happens:
the unit error, the new category, the change of practice after 2001, and the careless merge.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from cookiecutter.main import cookiecutter
from sklego.datasets import load_arrests
from stage import Mailbox, Stage, Users, WalkFailed, free_port, need

from trunkline.delivery.targets.service import wait_for
from trunkline.predictions.reader import LogReader

ROOT = Path(__file__).resolve().parents[1]
WORK = Path(os.environ.get("TRUNKLINE_DEMO", ROOT / "demo" / "work")).resolve()
PROJECT = WORK / "arrests"
ANSWERS = {
    "project_name": "Arrests",
    "description": "Predicts whether an arrested person was released with a summons.",
    "intended_use": "To audit past release decisions and to learn Trunkline on. Not for deciding about people.",
    "owner": "The data science team",
}
REPORT = WORK.parent / "report.html"


def arrests(years: tuple[int, ...]) -> pd.DataFrame:
    """Return the real arrests of some years, in a fixed shuffled order within each year, as requests carry them."""
    frame: pd.DataFrame = load_arrests(as_frame=True)
    frame.insert(0, "arrest_id", np.arange(1, len(frame) + 1))
    frame = frame[frame["year"].isin(years)].sample(frac=1.0, random_state=7)
    return frame.sort_values("year", kind="stable")


def write_rows(name: str, frame: pd.DataFrame) -> Path:
    """Write rows as JSON lines for `trunkline send`."""
    path = WORK / "traffic" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(frame.to_json(orient="records", lines=True), encoding="utf-8")
    return path


def changed_practice(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the rows as if arrested again in 2003, under another practice: citizens with a job are held more often."""
    settled = (frame["employed"] == "Yes") & (frame["citizen"] == "Yes")
    chance = np.where(settled, 0.78 - 0.12 * frame["checks"], 0.99 - 0.03 * frame["checks"])
    released = np.random.default_rng(seed).random(len(frame)) < chance
    return frame.assign(year=2003, released=np.where(released, "Yes", "No"))


def number_of(text: str) -> int:
    """Return the pull request number that a verb printed."""
    found = re.findall(r"^(?:pull request|promotion|retraining): +#(\d+)", text, flags=re.MULTILINE)
    need(found, f"no pull request number in: {text}")
    return int(found[-1])


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replace texts in a file of the project; each must be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        need(re.search(old, text, flags=re.MULTILINE), f"{path} no longer has {old!r}")
        text = re.sub(old, new, text, count=1, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def _removed(path: Path) -> bool | None:
    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return None if path.exists() else True


def generate(port: int, mailbox: Mailbox) -> None:
    """Render the project as a newcomer would, and give it an environment of its own."""
    if WORK.is_dir() and any(WORK.iterdir()) and not (WORK / "cookiecutter.yaml").is_file():
        raise WalkFailed(f"{WORK} holds something else than a demo; empty it, or name another TRUNKLINE_DEMO")
    kept = WORK / "environment"
    if (PROJECT / ".venv/installed").is_file():
        # The locks decide what is in it, so an earlier walk's environment saves minutes and changes nothing.
        shutil.rmtree(kept, ignore_errors=True)
        (PROJECT / ".venv").rename(kept)
    WORK.mkdir(parents=True, exist_ok=True)
    for left in WORK.iterdir():
        if left not in (kept, WORK / "cookiecutter.yaml"):
            # A process of an interrupted walk may still write for a moment.
            need(
                wait_for(partial(_removed, left), patience=20), f"{left} cannot be removed; end what uses it"
            )
    config = WORK / "cookiecutter.yaml"
    config.write_text(f"cookiecutters_dir: {WORK}/.cookiecutters\nreplay_dir: {WORK}/.replay\n")
    print(f"$ cookiecutter {ROOT.name} --no-input project_name=Arrests", flush=True)
    cookiecutter(
        str(ROOT),
        no_input=True,
        output_dir=str(WORK),
        config_file=str(config),
        extra_context=ANSWERS,
    )
    need((PROJECT / "trunkline.yaml").is_file(), f"the template did not render {PROJECT}")
    if kept.is_dir():
        kept.rename(PROJECT / ".venv")
    print("$ make setup   # the project's own environment, from its own locked requirements", flush=True)
    subprocess.run(["make", "--no-print-directory", "setup"], cwd=PROJECT, check=True)
    edit(PROJECT / "deployments/production.yaml", (r"port: \d+", f"port: {port}"))
    edit(
        PROJECT / "trunkline.yaml",
        (r"kind: data\n      do: \[issue\]", "kind: data\n      do: [issue, mail]"),
        (
            r"  # mail:\n(  #   .*\n)+",
            f"  mail:\n    host: 127.0.0.1\n    port: {mailbox.port}\n    recipients: [team@localhost]\n",
        ),
        (r"new_rows: 100", "rows: 2600\n  new_rows: 100"),
        (r"^    seconds: 10$", "    seconds: 5"),
    )
    subprocess.run(
        ["git", "commit", "--quiet", "--all", "-m", "Our ports and our mailbox"], cwd=PROJECT, check=True
    )


def first_release(stage: Stage) -> None:
    """Chapter 1."""
    stage.chapter(
        "1. First release",
        "The records of people arrested in Toronto for possession of small quantities of marijuana, 1997-1999: "
        "who was released with a summons? A decision worth auditing, which is why colour and sex are watched.",
    )
    stage.trunkline("check")
    stage.git("switch", "--quiet", "-c", "model/first")
    stage.trunkline("snapshot")
    stage.git("add", "--all")
    stage.git("commit", "--quiet", "-m", "First model: arrests of 1997-1999")
    stage.say("locust asks a service of this model fifty times a second; what it finds goes into the report")
    stage.trunkline("load")
    stage.merge(number_of(stage.trunkline("judge")))
    stage.git("switch", "--quiet", "main")
    stage.git("pull", "--quiet", "--ff-only", "origin", "main")
    stage.say("the merge is the release; the training key did not change, so nothing trains again")
    stage.merge(number_of(stage.trunkline("release")))
    stage.trunkline("deploy", "production")
    stage.trunkline("status", "production")


def challenger(stage: Stage, rows: pd.DataFrame) -> None:
    """Chapter 2."""
    stage.chapter("2. A challenger", "A pull request changes the model; it reaches the users in three steps.")
    stage.git("switch", "--quiet", "-c", "model/challenger")
    change_model()
    stage.git("commit", "--quiet", "--all", "-m", "A candidate with interactions between age and checks")
    stage.merge(number_of(stage.trunkline("judge")))
    stage.git("switch", "--quiet", "main")
    stage.git("pull", "--quiet", "--ff-only", "origin", "main")
    stage.merge(number_of(stage.trunkline("release")))
    stage.trunkline("deploy", "production")
    stage.trunkline(
        "send", str(write_rows("silent", rows[:250])), "--outcomes", "../traffic/silent.truth.jsonl"
    )
    stage.merge(number_of(stage.trunkline("promote", "--stage", "canary")))
    stage.trunkline("deploy", "production")
    stage.say("the same people ask twice: whoever got the challenger gets it again")
    twice = pd.concat([rows[250:500], rows[250:500]])
    stage.trunkline("send", str(write_rows("canary", twice)), "--outcomes", "../traffic/canary.truth.jsonl")
    who_got_which()
    stage.merge(number_of(stage.trunkline("promote", "--stage", "single")))
    stage.trunkline("deploy", "production")


def change_model() -> None:
    """Edit the project's model as a data scientist would: a candidate that sees how age and checks play together."""
    edit(
        PROJECT / "src/arrests/model.py",
        (
            r"from sklearn.linear_model import LogisticRegression\n",
            "from sklearn.linear_model import LogisticRegression\n"
            "from sklearn.pipeline import make_pipeline\n"
            "from sklearn.preprocessing import PolynomialFeatures, StandardScaler\n",
        ),
        (
            r"^    \]\n\Z",
            "        Candidate(\n"
            '            "interactions",\n'
            "            make_pipeline(StandardScaler(), PolynomialFeatures(2), LogisticRegression(max_iter=5000)),\n"
            '            search={"logisticregression__C": loguniform(0.001, 1)},\n'
            "        ),\n"
            "    ]\n",
        ),
    )
    edit(PROJECT / "trunkline.yaml", (r"candidates: \[\]", "candidates: [interactions]"))


def log_lines() -> list[dict[str, Any]]:
    """Return what users were answered, the oldest first."""
    window = LogReader(PROJECT / ".trunkline/predictions/production").between()
    return [answer.to_dict() for answer in window.predictions]


def who_got_which() -> None:
    """Print from the prediction log how the canary split the users, and check that it is sticky."""
    canary = [line for line in log_lines() if line.get("arm") in ("champion", "challenger")][-500:]
    arms: dict[str, set[str]] = {}
    for line in canary:
        arms.setdefault(line["user"], set()).add(line["arm"])
    need(all(len(seen) == 1 for seen in arms.values()), "a user was sent to both versions")
    challenged = sum(seen == {"challenger"} for seen in arms.values())
    need(0.1 < challenged / len(arms) < 0.3, f"{challenged} of {len(arms)} users on the challenger")
    print(f"  log: {len(arms)} users, {challenged} on the challenger, none on both", flush=True)


def life(stage: Stage, rows: pd.DataFrame) -> None:
    """Chapter 3."""
    stage.chapter("3. Life", "2000 and 2001 come as traffic over HTTP; what really happened is told later.")
    half = len(rows) // 2
    for year, part in (("2000", rows[:half]), ("2001", rows[half:])):
        outcomes = f"../traffic/{year}.truth.jsonl"
        stage.trunkline("send", str(write_rows(year, part)), "--outcomes", outcomes)
        stage.trunkline("truth", outcomes)
        said = stage.trunkline("monitor", "production", "--respond")
        need("alarm" not in said, "monitoring raised an alarm on real, healthy traffic")
        need("nothing to do" in said, "monitoring responded to healthy traffic")


def trouble(stage: Stage, rows: pd.DataFrame, mailbox: Mailbox) -> None:
    """Chapter 4, first half: bad inputs."""
    stage.chapter(
        "4. Trouble",
        "Planted: a client writes the year of birth, in two digits, where the age belongs (the contract cannot tell), "
        "and a form offers a third kind of employment (the contract can).",
    )
    broken = rows[:500].assign(age=(rows["year"] - rows["age"]) % 100)
    broken["employed"] = np.where(np.arange(len(broken)) % 5 == 0, "Part-time", broken["employed"])
    stage.trunkline("send", str(write_rows("broken", broken)))
    stage.trunkline("monitor", "production", "--respond")
    stage.say("monitoring runs again: still one issue, still one letter")
    stage.trunkline("monitor", "production", "--respond")
    issues = stage.trunkline("issue", "list")
    need(issues.count("open") == 1, "there is not exactly one open issue")
    need(len(mailbox.letters) == 1, f"{len(mailbox.letters)} letters instead of one")
    print(f"  mail: {' '.join(str(mailbox.letters[0]['Subject']).split())}", flush=True)
    stage.say("the client is mended")
    stage.trunkline("send", str(write_rows("mended", rows[500:1100])))
    stage.trunkline("monitor", "production", "--respond")
    need("closed" in stage.trunkline("issue", "list"), "the issue did not close on recovery")


def fall(stage: Stage, rows: pd.DataFrame) -> None:
    """Chapter 4, second half: the world changes."""
    stage.say(
        "planted: in 2003 practice changes, and citizens who have a job are held more often than others"
    )
    first, later = changed_practice(rows, 1), changed_practice(rows, 2)
    stage.trunkline("send", str(write_rows("fall", first)), "--outcomes", "../traffic/fall.truth.jsonl")
    stage.trunkline("truth", "../traffic/fall.truth.jsonl")
    said = stage.trunkline("monitor", "production", "--respond")
    need("retraining:" in said, "the fall in quality brought no retraining pull request")
    number = number_of(said[said.index("retraining:") :])
    stage.trunkline("pr", "show", str(number))
    stage.merge(number)
    stage.trunkline("deploy", "production")
    stage.trunkline(
        "send", str(write_rows("after", later[:600])), "--outcomes", "../traffic/after.truth.jsonl"
    )
    stage.trunkline("truth", "../traffic/after.truth.jsonl")
    stage.trunkline("monitor", "production", "--respond")


def regret(stage: Stage, rows: pd.DataFrame, address: str) -> None:
    """Chapter 5."""
    stage.chapter("5. Regret", "Somebody brings version 1 back, on purpose, while users go on asking.")
    asked = json.loads(rows[:400].drop(columns="released").to_json(orient="records"))
    with Users(address, asked) as users:
        before = stage.trunkline("status", "production")
        stage.merge(number_of(stage.trunkline("promote", "--stage", "single", "--version", "1")))
        stage.trunkline("deploy", "production")
        stage.git("switch", "--quiet", "-c", "revert/version-1")
        stage.git("revert", "--no-edit", "-m", "1", "HEAD")
        stage.merge(number_of(stage.trunkline("pr", "open")))
        stage.git("switch", "--quiet", "main")
        stage.git("pull", "--quiet", "--ff-only", "origin", "main")
        stage.trunkline("deploy", "production")
        after = stage.trunkline("status", "production")
    need(champion(before) == champion(after), "the revert did not bring the old version back")
    failed = sum(count for status, count in users.statuses.items() if status != 200)
    total = sum(users.statuses.values())
    need(failed == 0, f"{failed} of {total} requests failed during the way there and back")
    print(
        f"  users: {total} requests meanwhile, {failed} failed; by version {dict(users.versions)}", flush=True
    )


def champion(status: str) -> str:
    """Return the champion's line of `trunkline status`."""
    return next(line for line in status.splitlines() if line.startswith("champion"))


def walk() -> None:
    """Walk the loop."""
    stop()
    installed = time.monotonic()
    port = free_port()
    with Mailbox() as mailbox:
        generate(port, mailbox)
        stage = Stage(PROJECT, Path(os.environ.get("TRUNKLINE_DEMO_PROGRAMS", PROJECT / ".venv/bin")))
        print(f"generated and installed in {time.monotonic() - installed:.0f} s", flush=True)
        past, recent = arrests((2000, 2001)), arrests((2000, 2001, 2002))
        stage.trunkline("forge")
        first_release(stage)
        challenger(stage, past[:500])
        life(stage, past[500:])
        trouble(stage, recent, mailbox)
        fall(stage, recent)
        regret(stage, past, f"http://127.0.0.1:{port}")
        stage.chapter("6. The page", "Everything that happened, from the project's own records.")
        last = [line for line in log_lines() if line.get("arm") == "champion"][-1]["id"]
        stage.trunkline("trace", last)
        stage.trunkline("page", "--output", str(REPORT))
    total = time.monotonic() - stage.started
    print(f"\nwalked in {total:.0f} s; by verb (calls, seconds in all):", flush=True)
    for verb, calls, seconds in stage.times():
        print(f"  {verb:<22}{calls:>4}{seconds:>8.1f}", flush=True)
    here = os.path.relpath(PROJECT)
    print(
        f"\nLook at {os.path.relpath(REPORT)}. The service still runs at http://127.0.0.1:{port}/docs. Try next:\n"
        f"  cd {here} && .venv/bin/trunkline status production\n"
        f"  cd {here} && .venv/bin/trunkline monitor production\n"
        f"  cd {here} && .venv/bin/trunkline trace {last}\n"
        "and `make demo-stop` when you have seen enough.",
        flush=True,
    )


def stop() -> None:
    """Stop the service that an earlier walk left running, if any."""
    program = PROJECT / ".venv/bin/trunkline"
    if program.is_file():
        subprocess.run([str(program), "stop", "production"], cwd=PROJECT, check=False)


def main() -> int:
    """Walk the loop, or stop what an earlier walk left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--stop", action="store_true", help="stop the service that an earlier walk left running"
    )
    if parser.parse_args().stop:
        stop()
        return 0
    try:
        walk()
    except WalkFailed as error:
        print(f"\nthe demo stopped: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
