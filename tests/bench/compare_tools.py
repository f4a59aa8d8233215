"""Brings the same SQLite files over with Sluice, pgloader and psql, and prints what came of it as a page of Markdown."""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time

import files
import oracle
from page import Page, shown
from server import Server
from tools import Floor, run_pgloader, run_sluice

TOOLS = {"Sluice": "sluice", "pgloader": "pgloader", "floor": "floor"}  # and their databases
FILES = {
    "django": "tables as Django declares and fills them",
    "prisma": "a table as Prisma declares and fills it, with moments in milliseconds and, by default, as text",
    "numbers": "any double and any integer of 64 bits, also in columns declared INT",
    "keys": "keys of several columns, of text WITHOUT ROWID beside a column without a type, of moments with microseconds",
    "odd": "empty texts, NULLs and blobs, a default that is a call, one dangling foreign key",
    "types": "declared types with digits, sizes and blanks: INT2, INT8, BIT(1), BINARY(16), NATIVE CHARACTER(70); and GUID",
    "names": "names of more than 63 bytes, two columns alike as far as Postgres keeps them",
    "shop": "the schema of an e-shop, `tests/e2e/apps/shop_sqlite.sql`",
    "media": "the schema of a media library, `tests/e2e/apps/media_sqlite.sql`",
    "search": "a table and a full-text index over it",
    "hard": "1,000 rows, seven of which hold what no type of theirs can: a NUL or broken UTF-8 in a text, dates that are"
            " none, text or a fraction in an integer column, a blob among texts",
}
# Rows that Postgres refuses are set aside, as pgloader does; with its default Sluice would stop before the first one.
SETTINGS = {"hard": "    on_error: quarantine\n"}
MOST_EXAMPLES = 40


class Bench:
    """What all comparisons share."""

    def __init__(self, options):
        self.options = options
        self.programs, self.folder = options.programs, options.folder
        self.server = Server(options.server)
        self.page = Page()
        self.used = 0

    def fresh_folder(self):
        self.used += 1
        folder = f"{self.folder}/run{self.used}"
        os.mkdir(folder)
        return folder

    def fresh_copy(self, source):
        """Sluice puts its triggers into a file; nobody is to find what another left behind."""
        return shutil.copy(source, self.fresh_folder())

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.server.folder}"

    def bring_over(self, tool, source, settings="", floor=None):
        """One run of one tool into an empty database of its name."""
        database = TOOLS[tool]
        self.server.create_database(database)
        if tool == "Sluice":
            run = run_sluice(self, self.fresh_copy(source), database, settings)
        else:
            run = run_pgloader(self, source, database) if tool == "pgloader" else floor.run(database)
        progress(f"{os.path.basename(source)}, {tool}: {run.seconds:.2f} s, {run.outcome} {run.said}")
        return run

    def verdicts(self, source, tool):
        """What comparing every table of a file comes to."""
        file = oracle.open_source(source)
        try:
            return [oracle.compare(file, self.server, TOOLS[tool], table) for table in oracle.tables_of(file)]
        finally:
            file.close()

    def count(self, tool, what):
        return self.server.rows(TOOLS[tool], f"SELECT count(*) FROM {what}")[0][0]


def progress(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def parse():
    parser = argparse.ArgumentParser()
    for name in ("programs", "server", "folder", "apps"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rows", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20260401)
    return parser.parse_args()


def introduce(bench):
    options = bench.options
    loader = version_of("pgloader").split('"')[1]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    bench.page.say(
        "# The first copy beside pgloader", "",
        "For whoever doubts the figures, or chooses between the two.", "",
        f"Written by `tests/bench/pgloader --rows {options.rows} --runs {options.runs} --seed {options.seed} --write`:"
        " the same SQLite files, brought",
        "over by both programs, and every value compared by an oracle of its own, Python's sqlite3 on one side and psql on",
        "the other. pgloader is called as its manual begins, `pgloader sqlite://FILE pgsql://...`; Sluice has the",
        "configuration with which the README installs it, and no other setting.", "",
        f"{time.strftime('%Y-%m-%d')}, Sluice {version_of(bench.programs + '/sluiced').split()[-1]}, pgloader {loader}, Postgres"
        f" {bench.server.version()} on a UNIX socket with fsync off, SQLite {oracle.sqlite3.sqlite_version},",
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release().split('-')[0]}.")


def version_of(program):
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


# --- time and memory --------------------------------------------------------------------------------------------------


def compare_speed(bench):
    options = bench.options
    source = f"{bench.folder}/orders.db"
    progress(f"making {options.rows} rows")
    files.million(source, options.rows, options.seed)
    runs = {tool: [] for tool in TOOLS}
    floor = None
    for _ in range(options.runs):
        runs["Sluice"].append(bench.bring_over("Sluice", source))
        floor = floor or Floor(bench, TOOLS["Sluice"])
        runs["pgloader"].append(bench.bring_over("pgloader", source))
        runs["floor"].append(bench.bring_over("floor", source, floor=floor))
    tell_speed(bench, source, runs)


def tell_speed(bench, source, runs):
    middle = {tool: statistics.median(run.seconds for run in runs[tool]) for tool in TOOLS}
    page = bench.page
    page.section("Time and memory")
    page.say(f"{bench.options.rows:,} rows of ten columns with one index beside the primary key; {bench.options.runs} runs of each"
             " in turn, the median. The floor is",
             "`psql \\copy` of ready text files into the tables that Sluice makes, primary key in place, index afterwards.")
    page.table(("", "time", "fastest", "slowest", "floor = 1", "peak memory", "rows arrived", "values that differ", "indexes"),
               [speed_row(bench, source, tool, runs[tool], middle) for tool in TOOLS])
    page.say(f"Sluice takes 1/{middle['pgloader'] / middle['Sluice']:.1f} of pgloader's time and"
             f" {middle['Sluice'] / middle['floor']:.2f} times the floor's.")


def speed_row(bench, source, tool, runs, middle):
    progress(f"comparing every value, {tool}")
    [verdict] = bench.verdicts(source, tool)
    times = [run.seconds for run in runs]
    peak = max(run.peak_kib for run in runs)
    return (tool, f"{middle[tool]:.2f} s", f"{min(times):.2f} s", f"{max(times):.2f} s", f"{middle[tool] / middle['floor']:.2f}",
            f"{peak / 1024:.0f} MiB" if peak else "", f"{verdict.arrived:,}", f"{verdict.values_that_differ():,}",
            bench.count(tool, "pg_indexes WHERE schemaname = 'public'"))


# --- rows, values, types ----------------------------------------------------------------------------------------------


def compare_files(bench):
    options = bench.options
    summaries, examples, types = [], [], []
    for name in FILES:
        source = f"{bench.folder}/{name}.db"
        make(source, name, options)
        found = {}
        for tool in ("Sluice", "pgloader"):
            run = bench.bring_over(tool, source, SETTINGS.get(name, ""))
            found[tool] = bench.verdicts(source, tool)
            summaries.append((name, tool, run.outcome, *counts(found[tool]), *made(bench, tool), run.said))
            examples += examples_of(name, tool, found[tool])
        types += types_that_differ(bench, name, found)
    tell_files(bench.page, summaries, examples, types)


def make(path, name, options):
    if name in ("shop", "media"):
        files.application(path, f"{options.apps}/{name}_sqlite.sql")
    else:
        getattr(files, name)(path, options.seed)


def counts(found):
    return (f"{sum(each.read for each in found):,}", f"{sum(each.arrived for each in found):,}",
            sum(each.missing for each in found), sum(each.extra for each in found),
            sum(each.values_that_differ() for each in found))


def made(bench, tool):
    """What stands beside the columns: keys and uniques, other indexes, foreign keys, defaults."""
    keys = bench.count(tool, "pg_index WHERE indisunique AND indrelid IN (SELECT oid FROM pg_class"
                       " WHERE relnamespace = 'public'::regnamespace)")
    others = bench.count(tool, "pg_index WHERE NOT indisunique AND indrelid IN (SELECT oid FROM pg_class"
                         " WHERE relnamespace = 'public'::regnamespace)")
    foreign = bench.count(tool, "pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace")
    return keys, others, foreign


def examples_of(name, tool, found):
    rows = []
    for verdict in found:
        if verdict.target is None:
            rows.append((name, tool, verdict.table[:40], "no table", f"{verdict.read} rows"))
        elif verdict.missing or verdict.extra:
            rows.append((name, tool, verdict.table[:40], "rows", f"{verdict.missing} missing, {verdict.extra} extra"))
        rows += [(name, tool, verdict.table[:40], f"no column {column[:40]}", "") for column in verdict.unknown_columns]
        for column, number in verdict.differing.items():
            _, here, there = verdict.examples[column]
            rows.append((name, tool, f"{verdict.table[:40]}.{column}", f"{number} values", f"{shown(here)} became {shown(there)}"))
    return rows


def types_that_differ(bench, name, found):
    rows = []
    for ours, theirs in zip(found["Sluice"], found["pgloader"]):
        types = [types_of(bench, tool, verdict) for tool, verdict in (("Sluice", ours), ("pgloader", theirs))]
        for column in sorted(set(types[0]) & set(types[1])):
            declared, left = types[0][column]
            right = types[1][column][1]
            if left != right:
                rows.append((name, f"{ours.table[:40]}.{column[:40]}", declared or "nothing", left, right))
    return rows


def types_of(bench, tool, verdict):
    """The declared type and the type in the target of each column."""
    if verdict.target is None:
        return {}
    types = dict(bench.server.rows(
        TOOLS[tool], "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped"
        f" AND attrelid = {oracle.regclass(verdict.target)}"))
    return {column.name: (column.declared, types[column.target]) for column in verdict.columns}


def tell_files(page, summaries, examples, types):
    page.section("Rows and values")
    page.say("Missing and extra are rows; a value differs where its row has arrived and it is not what SQLite holds.")
    page.table(("file", "", "outcome", "rows read", "arrived", "missing", "extra", "values that differ", "keys and uniques",
                "other indexes", "foreign keys", "what it said"), summaries)
    page.say(*(f"- **{name}**: {what}." for name, what in FILES.items()))
    page.section("Where the two sides differ")
    page.say("One example a column.")
    page.table(("file", "", "where", "what", "example"), examples[:MOST_EXAMPLES])
    if len(examples) > MOST_EXAMPLES:
        page.say(f"And {len(examples) - MOST_EXAMPLES} more.")
    page.section("Types on which the two differ")
    page.say("Of tables that both have made.")
    page.table(("file", "column", "declared", "Sluice", "pgloader"), types)


def main():
    bench = Bench(parse())
    introduce(bench)
    compare_speed(bench)
    compare_files(bench)
    print(bench.page.text(), end="")


if __name__ == "__main__":
    main()
