"""Prometheus beside a desk, where the machine has one: a configuration with the run's own ports, and the program.

Nothing else needs it, so a desk runs without it as well. Grafana is not started here.
"""

import http.client
import json
import shutil
from pathlib import Path
from string import Template

from deploy import processes
from deploy.run_folder import PROJECT, RunFolder, replace_file
from deploy.supervisor import Program

RULES = PROJECT / "deploy" / "prometheus" / "rules"
DASHBOARD = "deploy/grafana/dashboards/desk.json"
_TEMPLATE = PROJECT / "deploy" / "prometheus" / "local.yml"
_SCRAPED = ("gateway", "registry", "logistics", "incidents", "turnout")


def find() -> Path | None:
    """The Prometheus on this machine's path, if there is one."""
    found = shutil.which("prometheus")
    return Path(found) if found else None


def program(folder: RunFolder, *, binary: Path) -> Program:
    """Prometheus, scraping the five processes of a desk and evaluating its rules.

    Args:
        folder: Whose ports it scrapes, and where its data lies.
        binary: What to run.
    """
    home = folder.path / "prometheus"
    log = folder.logs / "prometheus.log"
    home.mkdir(exist_ok=True)
    configuration = write_configuration(folder)
    command = [
        binary,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={home / 'data'}",
        "--storage.tsdb.retention.time=15d",
        f"--web.listen-address=127.0.0.1:{folder.port('prometheus')}",
        "--log.level=warn",
    ]
    return Program(
        name="prometheus",
        start=lambda: processes.spawn(command, log=log, cwd=home),
        log=log,
        is_ready=lambda: is_ready(folder.port("prometheus")),
        url=folder.url("prometheus"),
    )


def write_configuration(folder: RunFolder) -> Path:
    """Write what Prometheus reads, with the ports of this run, and return the file."""
    file = folder.path / "prometheus" / "local.yml"
    ports = {name: str(folder.port(name)) for name in _SCRAPED}
    rules = json.dumps(str(RULES / "*.yml"))  # quoted as YAML quotes: the path may have a space in it
    replace_file(file, Template(_TEMPLATE.read_text()).substitute(ports, rules=rules))
    return file


def is_ready(port: int) -> bool:
    """Whether Prometheus answers queries."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
