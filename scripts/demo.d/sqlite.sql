-- The application's own file: the same three tables in SQLite's words. It knows nothing of Sluice.

PRAGMA journal_mode = wal;

CREATE TABLE packages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(64) NOT NULL,
  description TEXT NOT NULL,
  link TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX packages_name ON packages (name);

CREATE TABLE package_categories (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(64) NOT NULL,
  parent_id INTEGER DEFAULT 0,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX package_categories_name ON package_categories (name, parent_id);

CREATE TABLE package_category_relations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  package_id INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
  category_id INTEGER NOT NULL REFERENCES package_categories (id) ON DELETE CASCADE,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TRIGGER packages_updated_at AFTER UPDATE OF name, description, link, reason ON packages
BEGIN
  UPDATE packages SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;

CREATE TRIGGER package_categories_updated_at AFTER UPDATE OF name, parent_id ON package_categories
BEGIN
  UPDATE package_categories SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END;
