"""The README is true: its walk runs, its settings table lists every setting with its default."""

import os
import re
import subprocess
from pathlib import Path

import msgspec

import app
from adapters.cli.root import markbook
from adapters.settings import Settings
from tests.contract.server import Server

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
DEMO = Path(__file__).parents[1] / "src" / "adapters" / "demo"


def test_the_curl_walk_runs_from_sign_in_to_the_bundle(tmp_path):
    data = tmp_path / "data"
    (data / "input").mkdir(parents=True)
    for source in DEMO.glob("*.json"):
        folder = data if source.name == "manifest.json" else data / "input"
        (folder / source.name).write_bytes(source.read_bytes())
    blocks = re.findall(r"<!-- walk -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 5
    script = "set -eu\n" + "\n".join(
        f"echo '--- {number}'\n{block.replace('curl -sS', 'curl -fsS')}"
        for number, block in enumerate(blocks)
    )
    with Server(data, login="open") as server:
        ran = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**os.environ, "BASE": server.base},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    path = re.search(r'"outputPath":"([^"]+)"', ran.stdout)
    assert path is not None, ran.stdout
    assert (data / path[1]).is_file()
    assert '"percent":' in ran.stdout


def test_the_settings_table_lists_every_setting():
    _, _, section = README.partition("## Settings")
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section, re.MULTILINE)
    names = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert names == [field.name for field in msgspec.structs.fields(Settings)]


def test_the_table_of_commands_lists_every_command():
    assert len(app.COMMAND_MODULES) < len(markbook.commands)
    for name in markbook.commands:
        assert re.search(rf"^\| `{name}\b", README, re.MULTILINE), name
