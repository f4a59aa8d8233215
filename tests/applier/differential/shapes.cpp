#include "tests/applier/differential/shapes.h"

#include <algorithm>
#include <stdexcept>

namespace sluice::differential {
namespace {

const std::vector<Shape> kShapes = {
    {"no unique column",  //
     "CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, v bigint, w text)"},
    {"two unique columns",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, v TEXT NOT NULL UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, u bigint UNIQUE, v text NOT NULL UNIQUE, w text,"
     " mark bigint NOT NULL DEFAULT nextval('mark'))"},
    {"unique over two columns",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER, v INTEGER NOT NULL, w TEXT, UNIQUE(u, v),"
     " UNIQUE(v, w))",
     "CREATE TABLE t(id bigint PRIMARY KEY, u bigint, v bigint NOT NULL, w text, UNIQUE(u, v), UNIQUE(v, w),"
     " mark bigint DEFAULT nextval('mark'))"},
    {"composite key",
     "CREATE TABLE t(a INTEGER NOT NULL, b TEXT NOT NULL, u INTEGER NOT NULL UNIQUE, w TEXT,"
     " PRIMARY KEY(a, b))",
     "CREATE TABLE t(w text, b text, a bigint, u bigint NOT NULL UNIQUE,"
     " mark bigint DEFAULT nextval('mark'), PRIMARY KEY(a, b))"},
    {"text key, nothing else",
     "CREATE TABLE t(id TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;"
     "CREATE TABLE s(id TEXT NOT NULL PRIMARY KEY, u TEXT NOT NULL UNIQUE) WITHOUT ROWID",
     "CREATE TABLE t(id text PRIMARY KEY, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE s(id text PRIMARY KEY, u text NOT NULL UNIQUE, mark bigint DEFAULT nextval('mark'))"},
    {"partial and expression indexes",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER, v INTEGER NOT NULL, w TEXT NOT NULL);"
     "CREATE UNIQUE INDEX t_partial ON t(u) WHERE v > 3;"
     "CREATE UNIQUE INDEX t_expression ON t(lower(w), v)",
     "CREATE TABLE t(id bigint PRIMARY KEY, u bigint, v bigint NOT NULL, w text NOT NULL,"
     " mark bigint DEFAULT nextval('mark'));"
     "CREATE UNIQUE INDEX t_partial ON t(u) WHERE v > 3;"
     "CREATE UNIQUE INDEX t_expression ON t(lower(w), v)"},
    {"exclusion",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, v INTEGER UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, u bigint NOT NULL, v bigint, w text,"
     " mark bigint DEFAULT nextval('mark'), EXCLUDE USING gist (int8range(u * 10, u * 10 + 10) WITH &&),"
     " EXCLUDE USING btree (v WITH =))"},
    {"columns of the server's own",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, u bigint NOT NULL UNIQUE, w text,"
     " twice bigint GENERATED ALWAYS AS (u * 2) STORED UNIQUE, mark bigint GENERATED ALWAYS AS IDENTITY"
     " (SEQUENCE NAME own_mark))"},
    {"unique where the server computes",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, u bigint NOT NULL, w text,"
     " twice bigint GENERATED ALWAYS AS (u * 2) STORED UNIQUE, mark bigint DEFAULT nextval('mark'))"},
    {"partitions", "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER, v INTEGER NOT NULL, UNIQUE(u, v))",
     "CREATE TABLE t(id bigint, u bigint, v bigint NOT NULL, mark bigint DEFAULT nextval('mark'),"
     " PRIMARY KEY(id, v), UNIQUE(u, v)) PARTITION BY RANGE (v);"
     "CREATE TABLE t_low PARTITION OF t FOR VALUES FROM (MINVALUE) TO (4);"
     "CREATE TABLE t_high PARTITION OF t FOR VALUES FROM (4) TO (MAXVALUE)"},
    {"deferrable unique",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, v TEXT UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, u bigint NOT NULL UNIQUE DEFERRABLE INITIALLY DEFERRED,"
     " v text UNIQUE DEFERRABLE, w text, mark bigint DEFAULT nextval('mark'))"},
    {"deferrable key", "CREATE TABLE t(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY DEFERRABLE, u bigint NOT NULL UNIQUE, w text,"
     " mark bigint DEFAULT nextval('mark'))"},
    {"tree",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id), u INTEGER NOT NULL UNIQUE,"
     " w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, parent bigint REFERENCES t(id), u bigint NOT NULL UNIQUE, w text,"
     " mark bigint DEFAULT nextval('mark'))"},
    {"tree with a required parent",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES t(id), u INTEGER UNIQUE)",
     "CREATE TABLE t(id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES t(id), u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'))"},
    {"tree that cascades",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id) ON DELETE CASCADE,"
     " u INTEGER UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, parent bigint REFERENCES t(id) ON DELETE CASCADE,"
     " u bigint UNIQUE, w text, mark bigint DEFAULT nextval('mark'))"},
    {"tree that is cut",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id) ON DELETE SET NULL"
     " ON UPDATE CASCADE, u INTEGER UNIQUE, w TEXT)",
     "CREATE TABLE t(id bigint PRIMARY KEY, parent bigint REFERENCES t(id) ON DELETE SET NULL"
     " ON UPDATE CASCADE, u bigint UNIQUE, w text, mark bigint DEFAULT nextval('mark'))"},
    {"tree that refuses",
     "CREATE TABLE t(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id) ON DELETE RESTRICT,"
     " u INTEGER UNIQUE)",
     "CREATE TABLE t(id bigint PRIMARY KEY, parent bigint REFERENCES t(id) ON DELETE RESTRICT,"
     " u bigint UNIQUE, mark bigint DEFAULT nextval('mark'))"},
    {"family",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, w TEXT);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p(id), u INTEGER UNIQUE);"
     "CREATE TABLE g(id INTEGER PRIMARY KEY, c INTEGER REFERENCES c(id), u INTEGER NOT NULL UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint NOT NULL UNIQUE, w text,"
     " mark bigint NOT NULL DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint NOT NULL REFERENCES p(id), u bigint UNIQUE);"
     "CREATE TABLE g(id bigint PRIMARY KEY, c bigint REFERENCES c(id), u bigint NOT NULL UNIQUE,"
     " mark bigint DEFAULT nextval('mark'))"},
    {"family that cascades",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, w TEXT);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p(id) ON DELETE CASCADE,"
     " u INTEGER UNIQUE);"
     "CREATE TABLE g(id INTEGER PRIMARY KEY, c INTEGER REFERENCES c(id) ON DELETE CASCADE,"
     " u INTEGER NOT NULL UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint UNIQUE, w text, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint NOT NULL REFERENCES p(id) ON DELETE CASCADE,"
     " u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE g(id bigint PRIMARY KEY, c bigint REFERENCES c(id) ON DELETE CASCADE,"
     " u bigint NOT NULL UNIQUE, mark bigint DEFAULT nextval('mark'))"},
    {"family that is cut",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, w TEXT);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE SET NULL ON UPDATE CASCADE,"
     " u INTEGER UNIQUE);"
     "CREATE TABLE g(id INTEGER PRIMARY KEY, c INTEGER REFERENCES c(id) ON DELETE SET NULL, u INTEGER "
     "UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint UNIQUE, w text, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(id) ON DELETE SET NULL ON UPDATE CASCADE,"
     " u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE g(id bigint PRIMARY KEY, c bigint REFERENCES c(id) ON DELETE SET NULL, u bigint UNIQUE)"},
    {"family that refuses",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, w TEXT);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE RESTRICT, u INTEGER "
     "UNIQUE);"
     "CREATE TABLE g(id INTEGER PRIMARY KEY, c INTEGER NOT NULL REFERENCES c(id) ON DELETE RESTRICT,"
     " u INTEGER NOT NULL UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint UNIQUE, w text, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(id) ON DELETE RESTRICT, u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE g(id bigint PRIMARY KEY, c bigint NOT NULL REFERENCES c(id) ON DELETE RESTRICT,"
     " u bigint NOT NULL UNIQUE, mark bigint DEFAULT nextval('mark'))"},
    {"the server alone cascades",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER UNIQUE);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id), u INTEGER UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(id) ON DELETE CASCADE, u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'))"},
    {"the server alone restricts",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER UNIQUE);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE SET NULL, u INTEGER "
     "UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(id) ON DELETE RESTRICT, u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'))"},
    {"children of every kind",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER UNIQUE);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE CASCADE,"
     " q INTEGER REFERENCES p(id) ON DELETE SET NULL, u INTEGER UNIQUE);"
     "CREATE TABLE g(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id), c INTEGER NOT NULL REFERENCES c(id),"
     " u INTEGER UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(id) ON DELETE CASCADE,"
     " q bigint REFERENCES p(id) ON DELETE SET NULL, u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE g(id bigint PRIMARY KEY, p bigint REFERENCES p(id), c bigint NOT NULL REFERENCES c(id),"
     " u bigint UNIQUE, mark bigint DEFAULT nextval('mark'))"},
    {"ordered items",
     "CREATE TABLE list(id INTEGER PRIMARY KEY, u TEXT UNIQUE);"
     "CREATE TABLE item(list INTEGER NOT NULL REFERENCES list(id) ON DELETE CASCADE, song INTEGER NOT NULL,"
     " place INTEGER NOT NULL, PRIMARY KEY(list, song), UNIQUE(list, place)) WITHOUT ROWID",
     "CREATE TABLE list(id bigint PRIMARY KEY, u text UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE item(list bigint REFERENCES list(id) ON DELETE CASCADE, song bigint, place bigint NOT "
     "NULL,"
     " mark bigint NOT NULL DEFAULT nextval('mark'), PRIMARY KEY(list, song), UNIQUE(list, place))"},
    {"references to a unique column",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(u), u INTEGER UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint NOT NULL UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(u), u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'))"},
    {"references that follow a unique column",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER UNIQUE);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(u) ON UPDATE CASCADE ON DELETE CASCADE,"
     " u INTEGER UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(u) ON UPDATE CASCADE ON DELETE CASCADE,"
     " u bigint UNIQUE, mark bigint DEFAULT nextval('mark'))",
     {"23505", "SL002"}},
    {"references to a composite key",
     "CREATE TABLE p(a INTEGER NOT NULL, b INTEGER NOT NULL, u INTEGER UNIQUE, PRIMARY KEY(a, b));"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, u INTEGER UNIQUE,"
     " FOREIGN KEY(a, b) REFERENCES p(a, b) ON DELETE SET NULL)",
     "CREATE TABLE p(a bigint, b bigint, u bigint UNIQUE, mark bigint DEFAULT nextval('mark'),"
     " PRIMARY KEY(a, b));"
     "CREATE TABLE c(id bigint PRIMARY KEY, a bigint, b bigint, u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'), FOREIGN KEY(a, b) REFERENCES p(a, b) ON DELETE SET NULL)"},
    {"mutual references",
     "CREATE TABLE a(id INTEGER PRIMARY KEY, b INTEGER REFERENCES b(id), u INTEGER NOT NULL UNIQUE);"
     "CREATE TABLE b(id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a(id), u INTEGER UNIQUE)",
     "CREATE TABLE a(id bigint PRIMARY KEY, b bigint, u bigint NOT NULL UNIQUE,"
     " mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE b(id bigint PRIMARY KEY, a bigint NOT NULL REFERENCES a(id), u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'));"
     "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b(id)"},
    {"mutual references, required",
     "CREATE TABLE a(id INTEGER PRIMARY KEY, b INTEGER NOT NULL REFERENCES b(id) DEFERRABLE INITIALLY "
     "DEFERRED,"
     " u INTEGER NOT NULL UNIQUE);"
     "CREATE TABLE b(id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a(id) DEFERRABLE INITIALLY "
     "DEFERRED)",
     "CREATE TABLE a(id bigint PRIMARY KEY, b bigint NOT NULL, u bigint NOT NULL UNIQUE,"
     " mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE b(id bigint PRIMARY KEY, a bigint NOT NULL REFERENCES a(id));"
     "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b(id)"},
    {"mutual references, deferrable",
     "CREATE TABLE a(id INTEGER PRIMARY KEY, b INTEGER NOT NULL REFERENCES b(id) DEFERRABLE INITIALLY "
     "DEFERRED,"
     " u INTEGER UNIQUE);"
     "CREATE TABLE b(id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a(id) DEFERRABLE INITIALLY "
     "DEFERRED,"
     " u INTEGER NOT NULL UNIQUE)",
     "CREATE TABLE a(id bigint PRIMARY KEY, b bigint NOT NULL, u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE b(id bigint PRIMARY KEY, a bigint NOT NULL REFERENCES a(id) DEFERRABLE,"
     " u bigint NOT NULL UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b(id) DEFERRABLE INITIALLY DEFERRED"},
    {"mutual references that cascade",
     "CREATE TABLE a(id INTEGER PRIMARY KEY, b INTEGER REFERENCES b(id) ON DELETE SET NULL, u INTEGER "
     "UNIQUE);"
     "CREATE TABLE b(id INTEGER PRIMARY KEY, a INTEGER NOT NULL REFERENCES a(id) ON DELETE CASCADE,"
     " u INTEGER UNIQUE)",
     "CREATE TABLE a(id bigint PRIMARY KEY, b bigint, u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE b(id bigint PRIMARY KEY, a bigint NOT NULL REFERENCES a(id) ON DELETE CASCADE,"
     " u bigint UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b(id) ON DELETE SET NULL"},
    {"required unique values over a cascade",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE, w TEXT);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p(id) ON DELETE CASCADE,"
     " u INTEGER UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint NOT NULL UNIQUE, w text,"
     " mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint NOT NULL REFERENCES p(id) ON DELETE CASCADE,"
     " u bigint UNIQUE, mark bigint DEFAULT nextval('mark'))",
     {"23505"}},
    {"required unique values over a restriction",
     "CREATE TABLE p(id INTEGER PRIMARY KEY, u INTEGER NOT NULL UNIQUE);"
     "CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p(id) ON DELETE RESTRICT, u INTEGER "
     "UNIQUE)",
     "CREATE TABLE p(id bigint PRIMARY KEY, u bigint NOT NULL UNIQUE, mark bigint DEFAULT nextval('mark'));"
     "CREATE TABLE c(id bigint PRIMARY KEY, p bigint REFERENCES p(id) ON DELETE RESTRICT, u bigint UNIQUE,"
     " mark bigint DEFAULT nextval('mark'))",
     {"23505"}},
};

}  // namespace

const std::vector<Shape>& shapes() {
  return kShapes;
}

const Shape& shape(const std::string& name) {
  const auto found =
      std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& each) { return each.name == name; });
  if (found == kShapes.end()) throw std::invalid_argument("no shape is called " + name);
  return *found;
}

}  // namespace sluice::differential
