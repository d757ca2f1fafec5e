"""`serve`, `demo`, `migrate`, `openapi`: run Markbook, or say what it offers."""

import shutil
import tempfile
from importlib import resources
from pathlib import Path
from textwrap import indent

import click

from adapters.cli import demo_bank
from adapters.cli.root import Root, located, markbook, settings_of, with_parts
from adapters.http.facades import FacadeName

_DEMO_EXAMS = "adapters.demo"


@markbook.command()
@located
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on.  [default: 8000]")
@click.pass_obj
def serve(
    root: Root, data: Path | None, database: str | None, host: str | None, port: int | None
) -> None:
    """Answer the REST API and keep the files in step with the log.

    Several may serve one database; one of them holds the lease on the files.
    """
    settings = settings_of(data=data, database=database, host=host, port=port)
    raise SystemExit(root.serve(settings))


@markbook.command()
@located
@click.option("--port", type=int, help="Port to listen on.  [default: 8000]")
@click.pass_obj
def demo(root: Root, data: Path | None, database: str | None, port: int | None) -> None:
    """Serve two example exams and twelve problems; anybody may sign in, no password asked.

    What it prints leads through both, with tokens for the Bank that are good for twelve hours.
    Without --data everything lies in a folder that is deleted at the end.
    """
    with tempfile.TemporaryDirectory(prefix="markbook-demo-") as fresh:
        settings = settings_of(
            data=data or Path(fresh),
            database=database,
            port=port,
            login="open",
            host="127.0.0.1",
            exam_page=True,
        )
        _lay_out(settings.data)
        with_parts(root, settings, demo_bank.take_in)
        base = f"http://{settings.host}:{settings.port}"
        walk = demo_bank.walk(base + settings.bank_base, root.tokens(settings))
        click.echo(_welcome(base, settings.data, walk))
        raise SystemExit(root.serve(settings))


def _lay_out(data: Path) -> None:
    """Put the example exams where an operator would, unless they are there."""
    folder = data / "input"
    folder.mkdir(parents=True, exist_ok=True)
    for source in resources.files(_DEMO_EXAMS).iterdir():
        if source.name.endswith(".json"):
            target = (data if source.name == "manifest.json" else folder) / source.name
            if not target.exists():
                with resources.as_file(source) as path:
                    shutil.copyfile(path, target)


def _welcome(base: str, data: Path, walk: str) -> str:
    return f"""
Markbook is starting at {base}; its files are in {data}

  Take an exam in the browser:   {base}/demo/

  Or by hand; students sign in as any userId, staff with roles ["staff"]:

    curl -sc jar {base}/api/auth/csrf
    token() {{ awk '$6 == "csrftoken" {{ print $7 }}' jar; }}
    curl -sb jar -c jar -H "X-CSRFToken: $(token)" -H 'Content-Type: application/json' \\
         {base}/api/auth/login -d '{{"userId": "student"}}'
    curl -sb jar {base}/api/exams

    … -d '{{"userId": "teacher", "roles": ["staff"]}}'   sees answers too

  Then start, save and submit as the README shows. The API is described at {base}/api/docs

  The Bank holds twelve problems, at least one for each kind of answer. Paste this into a shell:

{indent(walk, "    ").rstrip()}

  Look at the log while you play:   ./dev run replay --data {data}
  Ctrl-C ends it.
"""


@markbook.command()
@located
@click.pass_obj
def migrate(root: Root, data: Path | None, database: str | None) -> None:
    """Make the tables that are missing; run it once before several processes start together."""
    store = root.store(settings_of(data=data, database=database))
    head = store.head()
    store.close()
    click.echo(f"The database is ready; its log holds {head:,} events.")


@markbook.command()
@click.argument(
    "facade",
    type=click.Choice([name.value for name in FacadeName]),
    default=FacadeName.EXAMS.value,
    metavar="[FACADE]",
)
@click.pass_obj
def openapi(root: Root, facade: str) -> None:
    """Print the OpenAPI document of one facade (exams, challenge or bank) as JSON.

    A running server answers the same beside the facade: for exams at /api/openapi.json, and as a
    page at /api/docs.
    """
    click.echo(root.openapi(FacadeName(facade)))
