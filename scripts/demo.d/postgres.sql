-- The server side as its author wrote it, faults included: Sluice uses what is there and changes nothing of it.
-- The second definition of touch_relations() assigns a column that does not exist, so in an ordinary session every
-- UPDATE of a category or a relation fails. The demo's role may replicate, and triggers stay silent for it.

CREATE TABLE packages (
  id BIGSERIAL PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  description TEXT NOT NULL,
  link TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX packages_name ON packages (name);

CREATE TABLE package_categories (
  id BIGSERIAL PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  parent_id INTEGER DEFAULT 0,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX package_categories_name ON package_categories (name, parent_id);

CREATE TABLE package_category_relations (
  id BIGSERIAL PRIMARY KEY,
  package_id INTEGER NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
  category_id INTEGER NOT NULL REFERENCES package_categories (id) ON DELETE CASCADE,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE FUNCTION touch_packages() RETURNS TRIGGER AS $$
BEGIN
  NEW.updated_at = CURRENT_TIMESTAMP;
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER packages_updated_at BEFORE UPDATE ON packages
  FOR EACH ROW EXECUTE FUNCTION touch_packages();

CREATE OR REPLACE FUNCTION touch_relations() RETURNS TRIGGER AS $$
BEGIN
  NEW.updated_at = CURRENT_TIMESTAMP;
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER package_categories_updated_at BEFORE UPDATE ON package_categories
  FOR EACH ROW EXECUTE FUNCTION touch_relations();

CREATE OR REPLACE FUNCTION touch_relations() RETURNS TRIGGER AS $$
BEGIN
  NEW.update_at = CURRENT_TIMESTAMP;
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER package_category_relations_updated_at AFTER UPDATE ON package_category_relations
  FOR EACH ROW EXECUTE FUNCTION touch_relations();
