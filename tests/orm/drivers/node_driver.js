// What Node's sqlite3 module answers; $SHOP_FILE has the table note(id INTEGER PRIMARY KEY, word TEXT UNIQUE, n).

const sqlite3 = require("sqlite3");
const shop = new sqlite3.Database(process.env.SHOP_FILE);
shop.configure("busyTimeout", 5000);

const run = (sql, ...values) => new Promise((resolve) => shop.run(sql, ...values, function (error) {
  console.log(sql, "->", error ? error.message : "ok", this?.changes, this?.lastID);
  resolve();
}));
const all = (sql, ...values) => new Promise((resolve, reject) => shop.all(sql, ...values, (error, rows) => {
  console.log(sql, "->", error ? error.message : JSON.stringify(rows));
  error ? reject(error) : resolve();
}));

async function prepared() {
  const statement = shop.prepare("INSERT INTO note(word, n) VALUES(?, ?)");
  for (let n = 0; n < 5; ++n) {
    await new Promise((resolve) => statement.run(`prepared ${n}`, n, function () {
      console.log("prepared ->", this.changes, this.lastID);
      resolve();
    }));
  }
  await new Promise((resolve) => statement.finalize(resolve));
}

async function main() {
  await run("INSERT INTO note(word, n) VALUES('node', 1)");
  await run("INSERT INTO note(word, n) VALUES('a', 2), ('b', 3), ('c', 4)");
  await run("INSERT INTO note(word) VALUES('node')");
  await run("INSERT OR REPLACE INTO note(word, n) VALUES('a', ?)", 5);
  await run("UPDATE note SET n = n + 1 WHERE n > 2");
  await all("INSERT INTO note(word, n) VALUES('d', 9), ('e', 9) RETURNING id, word");
  await all("UPDATE note SET n = 10 WHERE n = 9 RETURNING id, n");
  await run("BEGIN");
  await prepared();
  await run("COMMIT");
  await run("BEGIN");
  await run("DELETE FROM note");
  await run("ROLLBACK");
  await run("DELETE FROM note WHERE n = 10");
  await all("SELECT changes() AS changed, last_insert_rowid() AS last");
  await all("SELECT * FROM note ORDER BY id");
}

main().then(() => shop.close());
