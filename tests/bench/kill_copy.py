"""Kills the daemon again and again while it copies a large table that is being written to. Fails where the two sides are
not equal in the end, where the copy has ever gone back, or where a daemon has held more memory than it should."""

import argparse
import os
import random
import signal
import sys
import time

import files
import oracle
from application import Writer
from server import Server
from sluice import Daemon

MOST_MEMORY_MIB = 64
PATIENCE = 300  # seconds for any one wait
# Every step of a copy is written down by the server itself, in the transaction that takes it.
NOTES = """
CREATE TABLE public.steps (number bigserial, pid int DEFAULT pg_backend_pid(), phase text, frontier text, rows_copied bigint);
CREATE FUNCTION public.note_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.steps (phase, frontier, rows_copied) VALUES (NEW.phase, NEW.frontier, NEW.rows_copied);
  RETURN NULL;
END $$;
CREATE TRIGGER note_step AFTER INSERT OR UPDATE ON sluice.table_copy FOR EACH ROW EXECUTE FUNCTION public.note_step();
ALTER TABLE sluice.table_copy ENABLE ALWAYS TRIGGER note_step;
"""
WENT_BACK = """SELECT count(*) FROM (SELECT rows_copied < lag(rows_copied) OVER (ORDER BY number)
  OR phase = 'pending' AND lag(phase) OVER (ORDER BY number) <> 'pending' AS back FROM public.steps) AS moves WHERE back"""


def parse():
    parser = argparse.ArgumentParser()
    for name in ("programs", "server", "folder"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--journal", choices=["wal", "delete"], default="wal")
    return parser.parse_args()


def wait_until(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"error: waited in vain until {what}")
        time.sleep(0.002)


def rows_copied(daemon):
    """As the daemon tells it; -1 where it does not answer."""
    status = daemon.status()
    if not status or not status["tables"]:
        return -1
    return status["tables"][0]["rows_copied"]


def is_done(daemon):
    status = daemon.status()
    if status and status["error"] and status["state"] in ("halted", "diverged"):
        sys.exit(f"error: {status['error']['message']}")
    return bool(status) and status["state"] == "streaming"


def prepare(options, server):
    """The file, and a daemon that has put its triggers in and its state schema on the server, and has gone."""
    source = f"{options.folder}/orders.db"
    files.million(source, options.rows, options.seed)
    if options.journal != "wal":
        file = oracle.sqlite3.connect(source)
        file.execute(f"PRAGMA journal_mode = {options.journal}")
        file.close()
    server.create_database("copied")
    daemon = Daemon(options.programs, options.folder, source, f"postgresql://postgres@/copied?host={server.folder}")
    daemon.start()
    wait_until("the copy has begun", lambda: server.rows(
        "copied", "SELECT 1 FROM pg_class WHERE oid = to_regclass('sluice.table_copy')"))
    server.run("-c", NOTES, database="copied")
    return source, daemon


def kill_again_and_again(options, daemon, dice):
    """At moments that are spread over the whole copy; answers with the most memory of each daemon."""
    peaks = []
    for goal in sorted(dice.randrange(options.rows) for _ in range(options.kills)):
        wait_until(f"{goal} rows are copied", lambda goal=goal: rows_copied(daemon) >= goal)
        time.sleep(dice.random() * 0.1)
        copied = rows_copied(daemon)
        daemon.end(signal.SIGKILL)
        peaks.append(daemon.peak_kib / 1024)
        print(f"kill {len(peaks):3}: at {copied:,} rows, {peaks[-1]:.0f} MiB", flush=True)
        daemon.start()
    return peaks


def main():
    options = parse()
    print(f"{options.rows:,} rows, {options.kills} kills, journal mode {options.journal}; again with --seed {options.seed}", flush=True)
    server, dice = Server(options.server), random.Random(options.seed)
    source, daemon = prepare(options, server)
    writer = Writer(source, options.rows, options.seed)
    writer.start()
    begin = time.monotonic()
    peaks = kill_again_and_again(options, daemon, dice)
    wait_until("the copy is done", lambda: is_done(daemon))
    print(f"copied in {time.monotonic() - begin:.1f} s, deaths included")
    writer.finish()
    wait_until("a flush has done its work", lambda: "outcome" in (daemon.ask("POST", "/v1/flush") or {}))
    daemon.end()
    peaks.append(daemon.peak_kib / 1024)
    sys.exit(judge(server, source, writer, peaks))


def judge(server, source, writer, peaks):
    """Tells what came of it: 0 where everything is as it should be, else 1."""
    file = oracle.open_source(source)
    verdict = oracle.compare(file, server, "copied", "orders")
    steps, sessions, back = server.rows("copied", f"SELECT count(*), count(DISTINCT pid), ({WENT_BACK}) FROM public.steps")[0]
    print(f"{writer.transactions:,} transactions of the application meanwhile; the longest wait for a lock:"
          f" {writer.longest_wait * 1000:.1f} ms; failed: {writer.failure or 'none'}")
    print(f"{steps} steps by {sessions} sessions; {back} of them went back")
    print(f"memory of {len(peaks)} daemons: {min(peaks):.0f} to {max(peaks):.0f} MiB; the last one, to the end: {peaks[-1]:.0f} MiB")
    print(f"{verdict.read:,} rows in SQLite, {verdict.arrived:,} in Postgres: {verdict.missing} missing, {verdict.extra} extra,"
          f" {verdict.values_that_differ()} values differ")
    sound = verdict.equal() and back == "0" and writer.failure is None and max(peaks) <= MOST_MEMORY_MIB
    print("as it should be" if sound else "NOT as it should be")
    return 0 if sound else 1


if __name__ == "__main__":
    main()
