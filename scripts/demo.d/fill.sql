-- Turns the machine's package list (the table `installed`) into packages, categories and their relations.
-- A section such as non-free/libs is the category libs below the category non-free.

BEGIN;

-- One package may be installed for several architectures; a longer name does not fit the server's VARCHAR(64).
INSERT OR IGNORE INTO packages (name, description, link, reason)
SELECT name, description, link, coalesce(nullif(section, ''), 'unknown')
FROM installed
WHERE length(name) <= 64
ORDER BY name;

INSERT INTO package_categories (name)
SELECT DISTINCT substr(reason, 1, instr(reason || '/', '/') - 1) FROM packages ORDER BY 1;

INSERT INTO package_categories (name, parent_id)
SELECT DISTINCT substr(reason, instr(reason, '/') + 1), parent.id
FROM packages
JOIN package_categories AS parent ON parent.name = substr(reason, 1, instr(reason, '/') - 1) AND parent.parent_id = 0
WHERE instr(reason, '/') > 0
ORDER BY 1;

INSERT INTO package_category_relations (package_id, category_id)
SELECT packages.id, category.id
FROM packages
JOIN package_categories AS category
LEFT JOIN package_categories AS parent ON parent.id = category.parent_id
WHERE packages.reason = coalesce(parent.name || '/', '') || category.name;

DROP TABLE installed;

COMMIT;
