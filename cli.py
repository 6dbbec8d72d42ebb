"""The command line: parse, call, print. Heavy imports stand inside the commands, so that what needs no model answers at once."""

import io
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from console.command import Group, open_database, read_settings, verbose_option
from console.glossary import glossary
from console.memory import memory
from console.model import model
from console.options import engine_options, glossary_options, json_option, make_request, reading_options, run_options, scan_options

if TYPE_CHECKING:
    from models.database import Database
    from pipeline.estimate import Estimate
    from pipeline.scan import Scan
    from pipeline.settings import Settings
    from pipeline.submission import Request


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, params=[verbose_option()])
@click.version_option(package_name="translate-docs", prog_name="translate-docs")
def main() -> None:
    """Translate Chinese documents (docx, HTML, text) into English on this machine, with their formatting intact."""


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@scan_options
@reading_options
@engine_options
@glossary_options
@click.option("--force", is_flag=True, help="Translate what is unchanged too, and replace files that this program did not write.")
@click.option("--dry-run", is_flag=True, help="Say how much work it would be, and do nothing.")
@run_options
@click.pass_context
def submit(ctx: click.Context, /, as_json: bool, dry_run: bool, **choices: Any) -> None:
    """Translate files and folders, recursively."""
    from console.progress import work
    from console.report import print_estimate, print_job, print_nothing
    from pipeline.submission import plan, record

    settings = read_settings()
    with open_database(settings) as database:
        request = make_request(settings, database, choices)
        planned = plan(database, request)
        if dry_run:
            print_estimate(_estimate(settings, database, request, planned, choices["workers"]), planned, as_json=as_json)
        elif planned.documents or planned.failures:
            job = record(database, request, planned)
            click.echo(f"job {job}: {len(planned.documents)} documents to translate", err=True)
            if planned.documents:
                work(settings, job, choices["workers"], detach=choices["detach"])
            ctx.exit(print_job(database, job, planned.skipped, as_json=as_json, brief=choices["detach"]) and _status(planned))
        else:
            print_nothing(planned.skipped, as_json=as_json)


@main.command()
@click.argument("text", nargs=-1)
@engine_options
@glossary_options
@json_option
def translate(text: tuple[str, ...], as_json: bool, **choices: Any) -> None:
    """Translate TEXT, or standard input line by line: one line out for each line in, as soon as it is ready."""
    from console.engine import engine_with_glossary
    from console.report import translation_line
    from pipeline.document import translate_lines
    from pipeline.lines import line_batches

    engine = engine_with_glossary(read_settings(), choices)
    source = io.BytesIO("".join(f"{part}\n" for part in text).encode("utf-8", "replace")) if text else sys.stdin.buffer
    output = sys.stdout.buffer
    for batch in line_batches(cast("io.BufferedReader", source).read1):
        for translation in translate_lines(batch, engine):
            output.write(translation_line(translation, as_json=as_json).encode())
        output.flush()


@main.command()
@click.argument("job", type=int, required=False)
@click.option("--watch", is_flag=True, help="Wait until the job is done, and show how far it is meanwhile.")
@click.option("--segments", is_flag=True, help="Show the segments with warnings; with --json one object a line.")
@json_option
@click.pass_context
def status(ctx: click.Context, job: int | None, watch: bool, segments: bool, as_json: bool) -> None:
    """Show a job and its documents; without JOB the newest one."""
    from console.progress import watch_job
    from console.report import print_job, print_no_jobs
    from console.review import print_flagged
    from models.reports import newest_job

    with open_database(read_settings()) as database:
        if job is None:
            with database.begin() as session:
                job = newest_job(session)
        if job is None:
            print_no_jobs(database, as_json=as_json)
            return
        if watch:
            watch_job(database, job)
        if segments:
            print_flagged(database, job, as_json=as_json)
        else:
            ctx.exit(print_job(database, job, as_json=as_json))


@main.command("list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest jobs to show.")
@json_option
def list_command(limit: int, as_json: bool) -> None:
    """List the jobs, newest first."""
    from console.report import print_job_list

    with open_database(read_settings()) as database:
        print_job_list(database, limit, as_json=as_json)


@main.command()
@click.argument("job", type=int)
@json_option
def cancel(job: int, as_json: bool) -> None:
    """Give up what is unfinished of a running job."""
    from console.format import to_json
    from models.jobs import cancel_job

    with open_database(read_settings()) as database, database.begin() as session:
        documents = cancel_job(session, job)
    click.echo(to_json({"job": job, "cancelled": documents}) if as_json else f"job {job}: {documents} documents cancelled")


@main.command()
@click.argument("job", type=int)
@run_options
@click.pass_context
def retry(ctx: click.Context, job: int, workers: int | None, detach: bool, as_json: bool) -> None:
    """Translate the failed documents of a job again; what was translated already is not done twice."""
    from console.progress import work
    from console.report import print_job
    from models.jobs import retry_job

    settings = read_settings()
    with open_database(settings) as database:
        with database.begin() as session:
            retried = retry_job(session, job)
        click.echo(f"job {job}: {retried.documents} documents to translate again{retried.left_out}", err=True)
        work(settings, job, workers, detach=detach)
        ctx.exit(print_job(database, job, as_json=as_json, brief=detach))


@main.command()
@click.argument("job", type=int, required=False)
@run_options
@click.pass_context
def resume(ctx: click.Context, job: int | None, workers: int | None, detach: bool, as_json: bool) -> None:
    """Finish what was interrupted: JOB, or all unfinished jobs."""
    from console.progress import work
    from console.report import print_jobs
    from models.reports import job_summary, list_jobs
    from models.tables import JobState

    settings = read_settings()
    with open_database(settings) as database:
        with database.begin() as session:
            jobs = [entry.id for entry in list_jobs(session, JobState.RUNNING)] if job is None else [job_summary(session, job).id]
        if jobs:
            work(settings, job, workers, detach=detach)
        ctx.exit(print_jobs(database, sorted(jobs), as_json=as_json, brief=detach))


@main.command()
@click.option(
    "--concurrency",
    "-c",
    type=click.IntRange(1, 256),
    help="Processes, each with a model of its own; as many as the machine carries, unless given.",
)
@click.option(
    "--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), default="INFO", show_default=True, help="What to log."
)
@click.pass_context
def worker(ctx: click.Context, concurrency: int | None, log_level: str) -> None:
    """Translate what other commands submit through the broker, until stopped."""
    from tasks.worker import run_worker

    ctx.exit(run_worker(read_settings(), concurrency, log_level))


@main.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check versions, database, broker and model, and say what to do."""
    from console.format import to_json
    from console.report import check_json, check_line
    from tasks.doctor import diagnose

    checks = diagnose(read_settings())
    click.echo(to_json([check_json(check) for check in checks]) if as_json else "\n".join(map(check_line, checks)))
    ctx.exit(next((check.error.exit_code for check in checks if check.error), 0))


def _estimate(settings: "Settings", database: "Database", request: "Request", planned: "Scan", workers: int | None) -> "Estimate":
    from pipeline.estimate import Means, estimate
    from tasks.inline import most_processes
    from tasks.processes import share_of_cores
    from tasks.runtime import Runtime

    job = request.job
    processes = most_processes(settings, [job], workers)
    runtime = Runtime(settings, share_of_cores(processes))
    engine = partial(runtime.engine, job, request.signature)
    means = Means(partial(runtime.sandbox.prepare, reading=job.reading), engine, runtime.scope(job, request.signature), processes)
    return estimate(database, planned.documents, means)


def _status(planned: "Scan") -> int:
    """Return the exit status of a submission with failures: the first one's where there was nothing else."""
    something_is_well = planned.documents or any(entry.reason == "unchanged" for entry in planned.skipped)
    return 1 if something_is_well else planned.failures[0].error.exit_code


main.add_command(glossary)
main.add_command(memory)
main.add_command(model)


if __name__ == "__main__":
    main()
