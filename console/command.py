"""What every command is made of: the classes that turn errors into one line and an exit code, the settings, the database."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from models.errors import TranslateDocsError

if TYPE_CHECKING:
    from models.database import Database
    from pipeline.settings import Settings


def verbose_option() -> click.Option:
    """Return the option -v."""

    def remember(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
        ctx.find_root().meta["verbose"] = value or ctx.find_root().meta.get("verbose", False)

    return click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, callback=remember, help="Show where an error comes from.")


class Command(click.Command):
    """A command with -v."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(verbose_option())


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


def read_settings() -> "Settings":
    """Return the settings of the environment."""
    from pipeline.settings import Settings

    return Settings.from_env()


@contextmanager
def open_database(settings: "Settings") -> "Iterator[Database]":
    """Yield the database, and close it."""
    from models.database import Database

    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()
