"""The command line: parse, call, print. Heavy imports stand inside the commands, so that what needs no model answers at once."""

import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from console.options import bundle_folder, engine_choice, engine_options, json_option, make_request, model_option, run_options, scan_options
from models.errors import TranslateDocsError

if TYPE_CHECKING:
    from models.database import Database
    from pipeline.estimate import Estimate
    from pipeline.scan import Scan
    from pipeline.settings import Settings
    from pipeline.submission import Request


def _verbose_option() -> click.Option:
    def remember(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
        ctx.find_root().meta["verbose"] = value or ctx.find_root().meta.get("verbose", False)

    return click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, callback=remember, help="Show where an error comes from.")


class Command(click.Command):
    """A command with -v."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_verbose_option())


class Group(click.Group):
    """Commands whose errors become one line and an exit code, here and nowhere else."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was called."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            # Whoever reads our output has seen enough; the interpreter must not try to flush the rest when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(128 + signal.SIGPIPE)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(128 + signal.SIGINT)
        except Exception as error:
            ctx.exit(_complain(ctx, error))
        return result


def _complain(ctx: click.Context, error: Exception) -> int:
    """Print an error in one line and return the exit code."""
    from console.format import one_line

    if ctx.find_root().meta.get("verbose"):
        traceback.print_exception(error)
    text = one_line(str(error))
    if not isinstance(error, TranslateDocsError):
        text = f"internal error ({type(error).__name__}: {text}); -v shows where it happened"
    click.echo(f"Error: {text}", err=True)
    return error.exit_code if isinstance(error, TranslateDocsError) else TranslateDocsError.exit_code


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]}, params=[_verbose_option()])
@click.version_option(package_name="translate-docs", prog_name="translate-docs")
def main() -> None:
    """Translate Chinese documents (docx, HTML, text) into English on this machine, with their formatting intact."""


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@scan_options
@engine_options
@click.option("--force", is_flag=True, help="Translate what is unchanged too, and replace files that this program did not write.")
@click.option("--dry-run", is_flag=True, help="Say how much work it would be, and do nothing.")
@run_options
@click.pass_context
def submit(ctx: click.Context, /, as_json: bool, dry_run: bool, **choices: Any) -> None:
    """Translate files and folders, recursively."""
    from console.progress import work
    from console.report import print_estimate, print_job, print_nothing
    from pipeline.submission import plan, record

    settings = _settings()
    with _database(settings) as database:
        request = make_request(settings, choices)
        planned = plan(database, request)
        if dry_run:
            print_estimate(_estimate(database, request, planned), planned, as_json=as_json)
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
@json_option
def translate(text: tuple[str, ...], as_json: bool, **choices: Any) -> None:
    """Translate TEXT, or standard input line by line: one line out for each line in, as soon as it is ready."""
    from console.report import translation_line
    from pipeline.document import translate_lines
    from pipeline.engines import open_engine
    from pipeline.lines import line_batches
    from tasks.processes import cores

    engine = open_engine(engine_choice(_settings(), choices), cores())
    source = io.BytesIO("".join(f"{part}\n" for part in text).encode("utf-8", "replace")) if text else sys.stdin.buffer
    output = sys.stdout.buffer
    for batch in line_batches(cast("io.BufferedReader", source).read1):
        for translation in translate_lines(batch, engine):
            output.write(translation_line(translation, as_json=as_json).encode())
        output.flush()


@main.command()
@click.argument("job", type=int, required=False)
@click.option("--watch", is_flag=True, help="Wait until the job is done, and show how far it is meanwhile.")
@json_option
@click.pass_context
def status(ctx: click.Context, job: int | None, watch: bool, as_json: bool) -> None:
    """Show a job and its documents; without JOB the newest one."""
    from console.progress import watch_job
    from console.report import print_job, print_nothing
    from models.reports import newest_job

    with _database(_settings()) as database:
        if job is None:
            with database.begin() as session:
                job = newest_job(session)
        if job is None:
            print_nothing(as_json=as_json)
            return
        if watch:
            watch_job(database, job)
        ctx.exit(print_job(database, job, as_json=as_json))


@main.command("list")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest jobs to show.")
@json_option
def list_command(limit: int, as_json: bool) -> None:
    """List the jobs, newest first."""
    from console.report import print_job_list

    with _database(_settings()) as database:
        print_job_list(database, limit, as_json=as_json)


@main.command()
@click.argument("job", type=int)
@json_option
def cancel(job: int, as_json: bool) -> None:
    """Give up what is unfinished of a running job."""
    from console.format import to_json
    from models.jobs import cancel_job

    with _database(_settings()) as database, database.begin() as session:
        documents = cancel_job(session, job)
    click.echo(to_json({"job": job, "cancelled": documents}) if as_json else f"job {job}: {documents} documents cancelled")


@main.command()
@click.argument("job", type=int)
@run_options
@click.pass_context
def retry(ctx: click.Context, job: int, workers: int, detach: bool, as_json: bool) -> None:
    """Translate the failed documents of a job again; what was translated already is not done twice."""
    from console.progress import work
    from console.report import print_job
    from models.jobs import retry_job

    settings = _settings()
    with _database(settings) as database:
        with database.begin() as session:
            documents = retry_job(session, job)
        click.echo(f"job {job}: {documents} documents to translate again", err=True)
        work(settings, job, workers, detach=detach)
        ctx.exit(print_job(database, job, as_json=as_json, brief=detach))


@main.command()
@click.argument("job", type=int, required=False)
@run_options
@click.pass_context
def resume(ctx: click.Context, job: int | None, workers: int, detach: bool, as_json: bool) -> None:
    """Finish what was interrupted: JOB, or all unfinished jobs."""
    from console.progress import work
    from console.report import print_jobs
    from models.reports import job_summary, list_jobs
    from models.tables import JobState

    settings = _settings()
    with _database(settings) as database:
        with database.begin() as session:
            jobs = [entry.id for entry in list_jobs(session, JobState.RUNNING)] if job is None else [job_summary(session, job).id]
        if jobs:
            work(settings, job, workers, detach=detach)
        ctx.exit(print_jobs(database, sorted(jobs), as_json=as_json, brief=detach))


@main.command()
@click.option(
    "--concurrency", "-c", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes, each with a model of its own."
)
@click.option(
    "--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), default="INFO", show_default=True, help="What to log."
)
@click.pass_context
def worker(ctx: click.Context, concurrency: int, log_level: str) -> None:
    """Translate what other commands submit through the broker, until stopped."""
    from tasks.worker import run_worker

    ctx.exit(run_worker(_settings(), concurrency, log_level))


@main.group(cls=Group)
def model() -> None:
    """Look at a model bundle, or make one."""


@model.command("info")
@model_option
@json_option
def model_info(model: Path | None, as_json: bool) -> None:
    """Show what a model bundle is, where it comes from and under which licences."""
    from console.format import to_json
    from console.report import manifest_json, manifest_text
    from nmt.bundle import load_manifest

    manifest = load_manifest(bundle_folder(_settings(), model))
    click.echo(to_json(manifest_json(manifest)) if as_json else manifest_text(manifest))


@model.command("verify")
@model_option
@json_option
def model_verify(model: Path | None, as_json: bool) -> None:
    """Check every file of a model bundle against its digest."""
    from console.format import to_json
    from console.report import manifest_json
    from nmt.bundle import verify

    manifest = verify(bundle_folder(_settings(), model))
    click.echo(to_json(manifest_json(manifest)) if as_json else f"{manifest.name}: {len(manifest.files)} files are what the manifest says")


@model.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder for the bundle; a bundle that is there is replaced.")
@click.option(
    "--precision",
    type=click.Choice(["int8", "fp32"]),
    default="int8",
    show_default=True,
    help="fp32: exact, four times as large, slower.",
)
@json_option
def model_import(folder: Path, output: Path, as_json: bool, **choices: Any) -> None:
    """Make a bundle of DIR, a CSANMT model from Chinese to English as ModelScope distributes it."""
    from console.format import to_json
    from console.report import manifest_json
    from nmt.build.modelscope import import_model

    manifest = import_model(folder, output, choices["precision"])
    click.echo(to_json(manifest_json(manifest)) if as_json else f"{manifest.name}: {len(manifest.files)} files, {manifest.precision}")


@main.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check versions, database, broker and model, and say what to do."""
    from console.format import to_json
    from console.report import check_json, check_line
    from tasks.doctor import diagnose

    checks = diagnose(_settings())
    click.echo(to_json([check_json(check) for check in checks]) if as_json else "\n".join(map(check_line, checks)))
    ctx.exit(next((check.error.exit_code for check in checks if check.error), 0))


def _settings() -> "Settings":
    from pipeline.settings import Settings

    return Settings.from_env()


@contextmanager
def _database(settings: "Settings") -> "Iterator[Database]":
    from models.database import Database

    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


def _estimate(database: "Database", request: "Request", planned: "Scan") -> "Estimate":
    from pipeline.engines import EngineOptions, open_engine
    from pipeline.estimate import estimate
    from tasks.processes import cores

    engine = EngineOptions(request.job.engine, request.job.bundle, request.job.beam)
    return estimate(database, planned.documents, request.signature, lambda: open_engine(engine, cores()))


def _status(planned: "Scan") -> int:
    """Return the exit status of a submission with failures: the first one's where there was nothing else."""
    something_is_well = planned.documents or any(entry.reason == "unchanged" for entry in planned.skipped)
    return 1 if something_is_well else planned.failures[0].error.exit_code


if __name__ == "__main__":
    main()
