// An application that keeps its migrations as a list of statements and the number of the last one in user_version, as
// many small ones do: node app.js N brings $SHOP_FILE to version N and then works a while.

const sqlite3 = require("sqlite3");

const migrations = [
  "CREATE TABLE person(id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT UNIQUE, born TEXT, points INTEGER DEFAULT 0);" +
    "CREATE TABLE post(id INTEGER PRIMARY KEY, author INTEGER REFERENCES person(id) ON DELETE CASCADE, body TEXT);",
  "ALTER TABLE person ADD COLUMN nick TEXT NOT NULL DEFAULT 'anon'; CREATE INDEX by_author ON post(author);",
  "ALTER TABLE person RENAME COLUMN points TO score;",
  "BEGIN; CREATE TABLE person_(id INTEGER PRIMARY KEY AUTOINCREMENT, mail TEXT NOT NULL UNIQUE, nick TEXT, score REAL);" +
    "INSERT INTO person_ SELECT id, coalesce(mail, 'nobody-' || id), nick, score * 1.5 FROM person;" +
    "DROP TABLE person; ALTER TABLE person_ RENAME TO person; COMMIT;",
  "ALTER TABLE post RENAME TO article; ALTER TABLE article ADD COLUMN likes INTEGER;",
  "ALTER TABLE article DROP COLUMN likes; CREATE TABLE tag(article INTEGER, word TEXT, PRIMARY KEY(article, word))" +
    " WITHOUT ROWID; INSERT INTO tag SELECT id, 'old' FROM article;",
  "CREATE TABLE article_(id INTEGER PRIMARY KEY, author INTEGER, body TEXT, words TEXT);" +
    "INSERT INTO article_ SELECT id, author, body, (SELECT group_concat(word) FROM tag WHERE article = a.id)" +
    " FROM article a; DROP TABLE article; DROP TABLE tag; ALTER TABLE article_ RENAME TO article;",
];

const file = new sqlite3.Database(process.env.SHOP_FILE);
file.configure("busyTimeout", 5000);
const settle = (resolve, reject) => (error, rows) => (error ? reject(error) : resolve(rows));
const exec = (sql) => new Promise((resolve, reject) => file.exec(sql, settle(resolve, reject)));
const all = (sql) => new Promise((resolve, reject) => file.all(sql, settle(resolve, reject)));

async function migrate(version) {
  const [{ user_version: from }] = await all("PRAGMA user_version");
  for (let n = from; n < version; ++n) await exec(`${migrations[n]} PRAGMA user_version = ${n + 1}`);
}

async function work(version) {
  const posts = version < 5 ? "post" : "article";
  for (let n = 0; n < 20; ++n) {
    const mail = `${version}-${n % 7}@example.org`;
    await exec(`INSERT OR REPLACE INTO person(mail) VALUES('${mail}');
      INSERT INTO ${posts}(author, body) SELECT id, 'post ${n}' FROM person WHERE mail = '${mail}'`);
  }
  await exec(`UPDATE ${posts} SET body = upper(body) WHERE id % 3 = 0; DELETE FROM person WHERE id % 5 = 0`);
}

async function main(version) {
  await exec("PRAGMA foreign_keys = OFF");
  await migrate(version);
  await exec("PRAGMA foreign_keys = ON");
  await work(version);
}

main(Number(process.argv[2])).then(() => file.close(), (error) => {
  console.error(error);
  process.exit(1);
});
