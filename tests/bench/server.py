"""A private Postgres, spoken to by psql alone."""

import os
import subprocess

SETTINGS = ("-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1"
            " -c bytea_output=hex -c client_min_messages=warning")
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Server:
    """The server whose socket is in a folder; everybody who reaches it is trusted."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "PGOPTIONS": SETTINGS, "PGHOST": folder, "PGUSER": "postgres"}

    def run(self, *arguments, database="postgres", text=None):
        """Runs psql and answers with what it printed; raises where it fails."""
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *arguments, database]
        done = subprocess.run(command, env=self.environment, input=text, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout

    def rows(self, database, query):
        """The rows of a query as lists of texts, None for NULL."""
        return list(self.stream(database, query))

    def stream(self, database, query):
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", f"COPY ({query}) TO STDOUT", database]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE) as psql:
            for line in psql.stdout:
                yield [unescaped(field) for field in line.decode().rstrip("\n").split("\t")]
        if psql.returncode != 0:
            raise RuntimeError(f"psql failed at: {query}")

    def create_database(self, name):
        """An empty database in the place of the one that had this name."""
        self.run("-c", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.run("-c", f"CREATE DATABASE {name}")

    def tables(self, database):
        """The DDL of the tables of schema public, without keys and indexes."""
        command = ["pg_dump", "--schema=public", "--section=pre-data", "--no-owner", database]
        ddl = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout
        return ddl.replace("CREATE SCHEMA public;", "") + "SET search_path = public;\n"

    def version(self):
        return self.run("-c", "SHOW server_version").split()[0]


def unescaped(field):
    """A field of COPY's text form."""
    if field == "\\N":
        return None
    if "\\" not in field:
        return field
    text, rest = [], iter(field)
    for character in rest:
        if character == "\\":
            character = next(rest)
            character = ESCAPES.get(character, character)
        text.append(character)
    return "".join(text)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"
