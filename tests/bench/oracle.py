"""Are two tables the same by value? Reads SQLite by Python's own module and Postgres by psql; knows nothing of Sluice.

Values are brought into one form by the type that the target's column has: numbers as decimals, doubles bit for bit,
moments as microseconds since 1970 (text without a zone is UTC), json as documents, booleans as t and f.
"""

import datetime
import decimal
import itertools
import json
import re
import sqlite3
import uuid
from collections import Counter, namedtuple

from server import literal, quoted

Column = namedtuple("Column", "name declared target type")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$")
EPOCH = datetime.datetime(1970, 1, 1)


class Verdict:
    """What comparing one table came to."""

    def __init__(self, table, target):
        self.table, self.target = table, target
        self.read = self.arrived = self.missing = self.extra = 0
        self.columns = []
        self.unknown_columns = []  # of the source, which the target lacks
        self.differing = Counter()  # column: values
        self.examples = {}  # column: (key, here, there)

    def values_that_differ(self):
        return sum(self.differing.values())

    def equal(self):
        return not (self.missing or self.extra or self.differing or self.unknown_columns)


def open_source(path):
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    source.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    return source


def tables_of(source):
    """The application's own tables: no views, no virtual tables, none of what lies under those."""
    return [name for (name,) in source.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_sluice_*' ORDER BY name")]


def compare(source, server, database, table):
    """Compares one table of the source with the one of its name in schema public."""
    verdict = Verdict(table, match(table, [row[0] for row in server.rows(
        database, "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")]))
    verdict.read = source.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()[0]
    if verdict.target is None:
        verdict.missing = verdict.read
        return verdict
    verdict.arrived = int(server.rows(database, f"SELECT count(*) FROM public.{quoted(verdict.target)}")[0][0])
    key = find_columns(source, server, database, verdict)
    if len(key) == 1 and verdict.columns[key[0]].type in ("int8", "int4"):
        compare_in_order(source, server, database, verdict, key[0])
    else:
        compare_by_key(source, server, database, verdict, key)
    return verdict


def match(name, names):
    """The name that a tool made of a name: the same, in lower case, or cut off at Postgres's 63 bytes."""
    forms = [name, name.encode()[:63].decode(errors="ignore")]
    forms += [form.lower() for form in forms]
    return next((form for form in forms if form in names), None)


def regclass(target):
    return literal("public." + quoted(target)) + "::regclass"


def find_columns(source, server, database, verdict):
    """Pairs the columns; answers with the places of those that tell rows apart."""
    types = dict(server.rows(database, "SELECT attname, typname FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attnum > 0"
                             f" AND NOT attisdropped AND attrelid = {regclass(verdict.target)}"))
    key = {}
    for name, declared, place in source.execute(
            "SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1", [verdict.table]):
        target = match(name, types)
        if target is None:
            verdict.unknown_columns.append(name)
            continue
        if place > 0:
            key[place] = len(verdict.columns)
        verdict.columns.append(Column(name, declared, target, types.pop(target)))
    return [key[place] for place in sorted(key)]


def source_query(verdict, order=""):
    return f"SELECT {', '.join(quoted(column.name) for column in verdict.columns)} FROM {quoted(verdict.table)}{order}"


def target_query(verdict, order=""):
    columns = ", ".join(quoted(column.target) for column in verdict.columns)
    return f"SELECT {columns} FROM public.{quoted(verdict.target)}{order}"


def compare_in_order(source, server, database, verdict, key):
    """Tables of any size whose integer keys have one order on both sides."""
    column = verdict.columns[key]
    here = source.execute(source_query(verdict, f" ORDER BY {quoted(column.name)}"))
    there = server.stream(database, target_query(verdict, f" ORDER BY {quoted(column.target)}"))
    row, twin = next(here, None), next(there, None)
    while row is not None or twin is not None:
        if twin is None or (row is not None and row[key] < int(twin[key])):
            verdict.missing += 1
            row = next(here, None)
        elif row is None or int(twin[key]) < row[key]:
            verdict.extra += 1
            twin = next(there, None)
        else:
            note_differences(verdict, str(row[key]), row, twin)
            row, twin = next(here, None), next(there, None)


def compare_by_key(source, server, database, verdict, key):
    """Tables that fit into memory; without a key, whole rows are counted."""
    places = key or range(len(verdict.columns))

    def name_of(row, form):
        return tuple(form(verdict.columns[place].type, row[place]) for place in places)

    there = {}
    for row in server.stream(database, target_query(verdict)):
        there.setdefault(name_of(row, canonical_text), []).append(row)
    for row in source.execute(source_query(verdict)):
        twins = there.get(name_of(row, canonical_value))
        if not twins:
            verdict.missing += 1
            continue
        note_differences(verdict, ", ".join(str(row[place]) for place in key), row, twins.pop())
    verdict.extra = sum(len(rows) for rows in there.values())


def note_differences(verdict, key, row, twin):
    for column, value, text in zip(verdict.columns, row, twin):
        if not same(column.type, value, text):
            verdict.differing[column.name] += 1
            verdict.examples.setdefault(column.name, (key, value, text))


def same(kind, value, text):
    if value is None or text is None:
        return value is None and text is None
    if canonical_value(kind, value) == canonical_text(kind, text):
        return True
    return isinstance(value, float) and kind not in ("float4", "float8") and is_number(text, value)


def is_number(text, value):
    try:
        return float(text) == value
    except ValueError:
        return False


# --- one form ---------------------------------------------------------------------------------------------------------


def canonical_value(kind, value):
    """The form of a value of SQLite in a column of this type; one that has none there is itself."""
    if value is None:
        return None
    if isinstance(value, bytes) and kind not in ("bytea", "uuid"):
        return value
    try:
        return VALUES.get(kind, plain_text)(value)
    except (ValueError, ArithmeticError, TypeError):
        return ("unfit", value)


def canonical_text(kind, text):
    """The form of what psql prints."""
    if text is None:
        return None
    try:
        return TEXTS.get(kind, str)(text)
    except (ValueError, ArithmeticError):
        return ("odd", text)


def plain_text(value):
    return value if isinstance(value, str) else repr(value)


def number(value):
    return value if isinstance(value, int) else decimal.Decimal(value if isinstance(value, str) else repr(value))


def double(value):
    if isinstance(value, int) and int(float(value)) != value:
        raise ValueError
    return repr(float(value))


def truth(value):
    word = str(value).lower()
    if word in ("1", "1.0", "t", "true", "yes", "on"):
        return "t"
    if word in ("0", "0.0", "f", "false", "no", "off"):
        return "f"
    raise ValueError


def moment(value):
    """Microseconds since 1970; numbers are seconds, milliseconds or microseconds by their size."""
    if not isinstance(value, str):
        return round(value * 10 ** (6 if abs(value) < 1e11 else 3 if abs(value) < 1e14 else 0))
    parts = MOMENT.match(value)
    if not parts:
        raise ValueError
    day = datetime.datetime.strptime(parts[1], "%Y-%m-%d") - EPOCH
    seconds = day.days * 86400 + int(parts[2] or 0) * 3600 + int(parts[3] or 0) * 60 + int(parts[4] or 0)
    fraction = (parts[5] or "")[:7].ljust(7, "0")
    return (seconds - zone(parts[6])) * 1000000 + (int(fraction) + 5) // 10


def zone(text):
    if text in (None, "Z", "UTC"):
        return 0
    hours, minutes = int(text[1:3]), int(text[3:].replace(":", "") or 0)
    return (-1 if text[0] == "-" else 1) * (hours * 3600 + minutes * 60)


def time_of_day(value):
    whole, _, fraction = value.partition(".")
    return (whole if whole.count(":") == 2 else whole + ":00", fraction.rstrip("0"))


def identifier(value):
    return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(value)


def document(value):
    return json.dumps(json.loads(value), sort_keys=True) if isinstance(value, str) else repr(value)


def as_bytes(value):
    if isinstance(value, (int, float)):
        raise ValueError
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


def kinds(form, *names):
    return zip(names, itertools.repeat(form))


VALUES = dict(itertools.chain(
    kinds(number, "int2", "int4", "int8", "numeric"), kinds(double, "float4", "float8"), kinds(truth, "bool"),
    kinds(moment, "timestamp", "timestamptz", "date"), kinds(time_of_day, "time"), kinds(identifier, "uuid"),
    kinds(document, "json", "jsonb"), kinds(as_bytes, "bytea")))
TEXTS = {**VALUES, "int2": int, "int4": int, "int8": int, "bytea": lambda text: bytes.fromhex(text[2:])}
