"""`status`, `list`, `cancel`, `retry`, `resume`, `doctor` and `model`."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import update

from models.database import Database
from models.jobs import NewDocument, create_job
from models.options import JobOptions
from models.tables import SegmentRow
from tests.cli.conftest import Cli


def unfinished(cli: Cli, *sources: Path) -> int:
    """Record a job that nobody works on, as a killed command leaves it."""
    database = Database(cli.environment["TRANSLATE_DOCS_DATABASE_URL"])
    documents = [NewDocument(str(source), str(source.with_suffix(".en.txt"))) for source in sources]
    with database.begin() as session:
        job = create_job(session, JobOptions(engine="pseudo"), "pseudo-1", documents)
    database.close()
    return job


def test_without_jobs_there_is_nothing_to_show(cli: Cli) -> None:
    result = cli("status")
    assert (result.exit_code, result.stdout) == (0, f"there are no jobs in {cli.environment['TRANSLATE_DOCS_DATABASE_URL']}\n")
    assert cli.json("status")["job"] is None
    assert cli.json("list") == []
    assert cli("resume").exit_code == 0
    assert cli.json("resume") == []


def test_status_shows_the_newest_job_or_the_one_named(cli: Cli) -> None:
    cli.submit(cli.write("a.txt"))
    cli.submit(cli.write("b.txt"))
    assert cli.json("status")["job"] == 2
    assert cli.json("status", 1)["documents"][0]["source"].endswith("a.txt")
    assert "job 1 done: 1 done" in cli("status", 1).stdout


def test_status_shows_what_someone_should_look_at(cli: Cli) -> None:
    cli.submit(cli.write("a.txt"))
    assert cli("status", "--segments").stdout == "no segment has a warning\n"
    with Database(cli.environment["TRANSLATE_DOCS_DATABASE_URL"]).begin() as session:
        session.execute(update(SegmentRow).where(SegmentRow.source == "你好。").values(warnings="markup", projection=0.25, score=-0.5))
    lines = cli("status", "--segments").stdout.splitlines()
    assert lines[0].endswith("a.txt")
    assert lines[1:] == ["  [markup; score -0.50; formatting 0.25]", "    你好。", "    [你好。]"]
    found = json.loads(cli("status", "--segments", "--json").stdout)
    assert (found["source"], found["target"], found["warnings"], found["terms"]) == ("你好。", "[你好。]", ["markup"], [])


def test_status_of_a_job_with_failures_ends_with_1(cli: Cli) -> None:
    cli.submit(cli.write("a.txt"), cli.write("b.docx", "broken"))
    assert cli("status").exit_code == 1
    assert cli("status", "--watch").exit_code == 1


def test_list_shows_the_newest_first(cli: Cli) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        cli.submit(cli.write(name))
    assert [job["job"] for job in cli.json("list", "--limit", 2)] == [3, 2]
    assert cli("list").stdout.splitlines()[1].split()[:2] == ["3", "done"]


@pytest.mark.parametrize("command", [("status", "7"), ("cancel", "7"), ("retry", "7"), ("resume", "7")])
def test_unknown_job_is_an_error(cli: Cli, command: tuple[str, str]) -> None:
    result = cli(*command)
    assert result.exit_code == 66
    assert result.stderr == "Error: there is no job 7; `translate-docs list` shows the jobs\n"


def test_cancelled_job_is_not_resumed(cli: Cli) -> None:
    job = unfinished(cli, cli.write("a.txt"), cli.write("b.txt"))
    assert cli.json("cancel", job) == {"job": job, "cancelled": 2}
    assert cli("resume").exit_code == 0
    assert cli.json("status", job)["counts"]["cancelled"] == 2
    assert not list(cli.folder.glob("*.en.txt"))


def test_finished_job_cannot_be_cancelled(cli: Cli) -> None:
    cli.submit(cli.write("a.txt"))
    assert cli("cancel", 1).exit_code == 66


def test_resume_finishes_every_job(cli: Cli) -> None:
    jobs = [unfinished(cli, cli.write("a.txt")), unfinished(cli, cli.write("b.txt"))]
    assert [found["job"] for found in cli.json("resume")] == jobs
    assert len(list(cli.folder.glob("*.en.txt"))) == 2


def test_resume_finishes_the_job_that_is_named(cli: Cli) -> None:
    unfinished(cli, cli.write("a.txt"))
    second = unfinished(cli, cli.write("b.txt"))
    assert cli("resume", second).exit_code == 0
    assert [path.name for path in cli.folder.glob("*.en.txt")] == ["b.en.txt"]


def test_retry_translates_what_failed(cli: Cli) -> None:
    cli.write("a.txt")
    broken = cli.write("b.txt")
    broken.write_bytes(b"PK\x03\x04" + bytes(range(128, 256)) * 20)
    first = cli.json("submit", cli.folder, "--engine", "pseudo")
    assert first["counts"]["failed"] == 1, first
    broken.write_text("好了。\n")
    found = cli.json("retry", 1)
    assert found["counts"]["failed"] == 0
    assert broken.with_name("b.en.txt").read_text() == "[好了。]\n"


def test_retry_of_a_job_without_failures_is_an_error(cli: Cli) -> None:
    cli.submit(cli.write("a.txt"))
    assert cli("retry", 1).exit_code == 66


def test_retry_says_what_must_be_submitted_again(cli: Cli) -> None:
    cli.write("a.docx", "broken")
    cli.write("b.txt", "")
    cli.submit(cli.folder)
    result = cli("retry", 1)
    assert result.exit_code == 1
    assert result.stderr.startswith("job 1: 1 documents to translate again; 1 turned away at submission must be submitted again\n")


def test_retry_of_what_was_turned_away_is_an_error(cli: Cli) -> None:
    cli.submit(cli.write("a.txt", ""))
    result = cli("retry", 1)
    assert result.exit_code == 66
    assert result.stderr.endswith("could be retried; 1 turned away at submission must be submitted again\n")


def test_only_submit_knows_what_was_skipped(cli: Cli) -> None:
    cli.write("a.docx", "broken")
    cli.write("b.pdf")
    assert cli.json("submit", cli.folder, "--engine", "pseudo")["counts"]["skipped"] == 1
    for found in (cli.json("status"), cli.json("retry", 1), *cli.json("resume"), cli.json("resume", 1)[0]):
        assert "skipped" not in found
        assert "skipped" not in found["counts"]


def test_detached_job_is_done_in_the_background(cli: Cli) -> None:
    source = cli.write("a.txt")
    result = cli.submit(source, "--detach")
    assert result.exit_code == 0
    assert "job 1 running" in result.stdout
    deadline = time.monotonic() + 60
    while cli.json("status")["state"] == "running" and time.monotonic() < deadline:
        time.sleep(0.2)
    assert source.with_name("a.en.txt").read_text() == "[你好。] [再见！]\n"


def test_watch_waits_for_the_end(cli: Cli) -> None:
    job = unfinished(cli, cli.write("a.txt"))
    root = Path(__file__).parents[2]
    command = [sys.executable, str(root / "cli.py"), "status", str(job), "--watch", "--json"]
    with subprocess.Popen(command, env=cli.environment, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.poll() is None
        cli("resume")
        output, _ = watching.communicate(timeout=60)
    assert json.loads(output)["state"] == "done"


def test_worker_without_a_broker_is_an_error(cli: Cli) -> None:
    result = cli("worker")
    assert result.exit_code == 75
    assert "TRANSLATE_DOCS_BROKER_URL" in result.stderr


def test_submission_without_its_broker_is_kept(cli: Cli) -> None:
    source = cli.write("a.txt")
    cli.environment["TRANSLATE_DOCS_BROKER_URL"] = "redis://:secret@127.0.0.1:1/0"
    result = cli.submit(source)
    assert result.exit_code == 75
    assert "secret" not in result.output
    cli.environment["TRANSLATE_DOCS_BROKER_URL"] = ""
    assert cli("resume").exit_code == 0
    assert source.with_name("a.en.txt").exists()


def test_doctor_checks_everything_and_hides_passwords(cli: Cli) -> None:
    cli.environment["TRANSLATE_DOCS_BROKER_URL"] = "redis://:secret@127.0.0.1:1/0"
    result = cli("doctor", "--json")
    checks = {check["check"]: check for check in json.loads(result.stdout)}
    assert list(checks) == ["versions", "database", "broker", "model"]
    assert checks["database"]["ok"]
    assert checks["broker"]["code"] == "service"
    assert result.exit_code == 75
    assert "secret" not in result.output


def test_doctor_names_a_model_that_is_missing(cli: Cli) -> None:
    cli.environment["TRANSLATE_DOCS_MODEL"] = str(cli.folder / "nowhere")
    result = cli("doctor")
    assert result.exit_code == 78
    assert "PROBLEM  model" in result.stdout


@pytest.mark.parametrize("command", ["info", "verify"])
def test_model_commands_refuse_a_folder_without_a_model(cli: Cli, command: str) -> None:
    result = cli("model", command, cli.folder / "nowhere")
    assert result.exit_code == 78
    assert "bundle.json is missing" in result.stderr
