"""The command group: how errors, Ctrl-C and a closed pipe end, and the help of ``tokensphere``."""

from __future__ import annotations

import re
import sys
from typing import Any

import click

from tokensphere._version import __version__
from tokensphere.cli import streams
from tokensphere.display import told
from tokensphere.errors import InputError, TokensphereError

FAILED, USAGE, INTERRUPTED = 1, 2, 130  # exit statuses, see docs/results.md
_SHORT = {"near": "nearest"}  # what is typed often


class _Commands(click.Group):
    """Errors become one line, a closed pipe ends quietly.

    Exit status 2 says that the command must be typed otherwise, 1 that what it asks for failed, and 130
    that Ctrl-C has ended it.
    """

    group_class = type  # groups below are of this kind, too

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:  # the same in each release of click
            click.echo(ctx.get_help())
            sys.exit(USAGE)
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, _SHORT.get(cmd_name, cmd_name))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if not args[0][:1].isalnum():  # click 8.1 would parse no arguments once more
            ctx.fail(f"No such command {args[0]!r}.")
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        streams.open_closed()
        try:
            with streams.output():
                result = super().main(*args, **{**kwargs, "standalone_mode": False})
                sys.stdout.flush()  # a full disk shows only now
            return result
        except click.exceptions.Exit as stop:
            sys.exit(stop.exit_code)
        except (click.exceptions.Abort, KeyboardInterrupt):
            self._fail("stopped", INTERRUPTED)
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx else "tokensphere"
            self._fail(f"{_with_model(error)} (try '{command} --help')", USAGE)
        except click.ClickException as error:
            self._fail(error.format_message())
        except TokensphereError as error:
            self._fail(_as_options(str(error)), USAGE if isinstance(error, InputError) else FAILED)
        except MemoryError:
            self._fail("not enough memory for this; ask for fewer directions or a smaller model")
        except streams.OutputError as error:
            streams.forget(sys.stdout)
            if isinstance(error.__cause__, BrokenPipeError):
                sys.exit(0)  # the reader (head, less) is gone: nothing more to say
            self._fail(f"cannot write the output: {_reason(error.__cause__)}")
        except OSError as error:
            what = "what is needed" if error.filename is None else error.filename
            self._fail(f"the system refuses {what}: {_reason(error)}; {_LIMITS}")
        except ImportError as error:
            self._fail(f"a package cannot be loaded ({error}); install tokensphere again, or {_LIMITS}")
        except RuntimeError as error:
            if "thread" not in str(error):
                raise
            self._fail(f"the system refuses what is needed: {error}; {_LIMITS}")

    @staticmethod
    def _fail(message: str, status: int = FAILED) -> None:
        tell(" ".join(message.split()))
        sys.exit(status)


def _with_model(error: click.UsageError) -> str:
    """What is wrong with what was typed; a model is often what is too much."""
    said = error.format_message()
    if error.ctx is None or not said.startswith("Got unexpected extra argument"):
        return said
    takes_model = any(param.name == "model" for param in error.ctx.command.params)
    return f"{said}; a model is named by --model (-m)" if takes_model else said


_LIMITS = "look at the rights and limits of this process (ulimit -a)"


def _reason(error: object) -> str:
    return str(getattr(error, "strerror", None) or error)


def say(text: str, *, color: bool | None = None, end: str = "\n") -> None:
    """Print a result in the output's own encoding; by itself click takes UTF-8 where that is ASCII."""
    click.echo(text + end, file=sys.stdout, color=color, nl=False)


def tell(message: str) -> None:
    """Say something on standard error, in one line that does no harm whatever it quotes."""
    try:
        click.echo(f"tokensphere: {told(message)}", file=sys.stderr)
    except OSError:  # nobody hears it
        streams.forget(sys.stderr)


def _as_options(message: str) -> str:
    """A message of the library, which speaks of parameters, for somebody who types options."""
    message = re.sub(r"\b(tensor|axis|matrix|vocabulary)=(?=\w)", r"--\1 ", message)
    return message.replace("begin anew (fresh)", "begin anew with --fresh")


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="tokensphere %(version)s")
def main() -> None:
    """Random vectors, nearest tokens, and the geometry of token embeddings.

    The model is the bundled one (smollm2-135m-instruct) unless --model (-m) names another: a file
    (safetensors, GGUF, npy, word2vec, GloVe, CTranslate2, PyTorch), a model's folder, or a repository
    owner/name of the Hugging Face Hub, of which only the embedding is fetched. The variable
    TOKENSPHERE_MODEL sets it for all commands.

    Exit status: 0 done, 1 failed (a model that cannot be read, no network, a package that is missing),
    2 wrong options or arguments, 130 stopped by Ctrl-C.
    """
