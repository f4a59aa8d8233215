"""The ways to bring a SQLite file over: Sluice's first copy, pgloader, and, as the floor, psql's \\copy."""

import os
import re
import signal
import subprocess
import time
from collections import namedtuple

from server import literal, quoted
from sluice import Daemon

PATIENCE = 900  # seconds for one file
Run = namedtuple("Run", "seconds peak_kib outcome said")  # outcome: exit code, or the state in which the daemon ended


def run_sluice(bench, source, database, settings=""):
    """From the start of the daemon until every table is copied and made ready."""
    daemon = Daemon(bench.programs, bench.fresh_folder(), source, bench.url(database), settings)
    begin = time.monotonic()
    daemon.start()
    status = None
    while time.monotonic() - begin < PATIENCE:
        status = daemon.status() or status
        if status and status["state"] in ("streaming", "halted", "diverged"):
            break
        time.sleep(0.01)
    seconds = time.monotonic() - begin
    held_back = status["quarantined"] if status else 0
    error = (status or {}).get("error")
    daemon.end()
    said = f"{held_back} rows quarantined, each with its reason" if held_back else ""
    return Run(seconds, daemon.peak_kib, status["state"] if status else "no answer", error["message"] if error else said)


def run_pgloader(bench, source, database):
    """pgloader's own command line and defaults."""
    folder = bench.fresh_folder()
    target = f"pgsql://postgres@unix:{bench.server.folder}:5432/{database}"
    with open(f"{folder}/log", "wb") as log:
        begin = time.monotonic()
        process = subprocess.Popen(["pgloader", "-D", f"{folder}/pgloader", f"sqlite://{source}", target], cwd=folder,
                                   env={**os.environ, "HOME": folder}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        code, peak = wait_for(process, begin + PATIENCE)
        seconds = time.monotonic() - begin
    with open(f"{folder}/log", encoding="utf-8", errors="replace") as log:
        return Run(seconds, peak, f"exit {code}", complaint(log.read()))


def wait_for(process, end):
    """The exit code and the most memory held; what is not done in time is ended."""
    while True:
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
        if done:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_maxrss
        if time.monotonic() > end:
            process.send_signal(signal.SIGKILL)
        time.sleep(0.01)


def complaint(log):
    """How many errors and warnings a log tells of, and the beginning of the first error."""
    errors = re.findall(r"^\S+ (?:ERROR|FATAL) (.*?)(?=^\d{4}-\d\d-\d\dT|\Z)", log, re.MULTILINE | re.DOTALL)
    warnings = len(re.findall(r"^\S+ WARNING ", log, re.MULTILINE))
    counts = [f"{len(errors)} errors"] * bool(errors) + [f"{warnings} warnings"] * bool(warnings)
    first = " ".join(errors[0].split()) if errors else ""
    return ", ".join(counts) + (f"; the first error: {first[:160]}" if errors else "")


class Floor:
    """psql's \\copy of ready text files, in the server's own format, into tables as Sluice makes them, then the rest."""

    def __init__(self, bench, model):
        self.bench, self.folder = bench, bench.fresh_folder()
        self.tables = [row[0] for row in bench.server.rows(
            model, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")]
        self.before = bench.server.tables(model) + primary_keys(bench.server, model)
        self.after = indexes(bench.server, model)
        for place, table in enumerate(self.tables):
            bench.server.run("-c", f"\\copy (SELECT * FROM public.{quoted(table)} ORDER BY 1) TO '{self.file(place)}'", database=model)

    def file(self, place):
        return f"{self.folder}/{place}.copy"

    def run(self, database):
        copies = "".join(f"\\copy public.{quoted(table)} FROM '{self.file(place)}'\n"
                         for place, table in enumerate(self.tables))
        script = self.before + copies + self.after
        begin = time.monotonic()
        self.bench.server.run("-f", "-", database=database, text=script)
        return Run(time.monotonic() - begin, 0, "exit 0", "")


def primary_keys(server, database):
    """They are there before the rows, as on a table that takes changes beside its copy."""
    return "".join(f"ALTER TABLE {table} ADD {definition};\n" for table, definition in server.rows(
        database, "SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'p' AND connamespace = 'public'::regnamespace"))


def indexes(server, database):
    """All that is neither a primary key nor made by one."""
    return "".join(f"{definition};\n" for (definition,) in server.rows(
        database, "SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indrelid"
        f" WHERE NOT indisprimary AND relnamespace = {literal('public')}::regnamespace"))
