"""Install the test servers that Python packages do not bring: ``python -m tests.servers.install FOLDER``.

It runs npm and Maven as they are configured, does nothing for what is there already, and prints the variables
to set, as shell assignments. Needs node with npm, and a JDK 17 or newer with mvn; what is missing is skipped
and said, with exit status 1.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

KINESIS_LOCAL = "0.6.2"
APACHE_KAFKA = "4.4.0"

_POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>streamdialect</groupId><artifactId>test-servers</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{}</version></dependency>
  </dependencies>
</project>
"""


def _run(command: list[str], cwd: Path) -> None:
    # Installers write to standard output, which is for the assignments.
    subprocess.run(command, cwd=cwd, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def install_kinesis_local(folder: Path) -> Path | None:
    """Install kinesis-local under ``folder`` and give the npm prefix, or None without npm."""
    prefix = folder / f"kinesis-local-{KINESIS_LOCAL}"
    if not (prefix / "done").exists():
        if not (shutil.which("npm") and shutil.which("node")):
            return None
        prefix.mkdir(parents=True, exist_ok=True)
        _run(["npm", "install", "--prefix", str(prefix), f"kinesis-local@{KINESIS_LOCAL}"], prefix)
        (prefix / "done").touch()
    return prefix


def install_apache_kafka(folder: Path) -> Path | None:
    """Install Apache Kafka's jars under ``folder`` and give their folder, or None without Maven."""
    jars = folder / f"apache-kafka-{APACHE_KAFKA}"
    if not (jars / "done").exists():
        if not (shutil.which("mvn") and shutil.which("java")):
            return None
        jars.mkdir(parents=True, exist_ok=True)
        (jars / "pom.xml").write_text(_POM.format(APACHE_KAFKA))
        copy = [
            "mvn",
            "-q",
            "-B",
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={jars}",
        ]
        _run(copy, jars)
        (jars / "done").touch()
    return jars


def main(arguments: list[str]) -> int:
    """Install both."""
    if len(arguments) != 1:
        print("usage: python -m tests.servers.install FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0]).resolve()
    missing = 0
    for variable, place, needs in (
        ("STREAMDIALECT_NPM", install_kinesis_local(folder), "node and npm"),
        ("STREAMDIALECT_KAFKA_JARS", install_apache_kafka(folder), "java and mvn"),
    ):
        if place is None:
            print(f"{variable} not set: {needs} not found", file=sys.stderr)
            missing = 1
        else:
            print(f"{variable}={place}")
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
