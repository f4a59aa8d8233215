-- The same media library as a player keeps it in SQLite: genres are a JSON array, times carry the zone of the machine
-- that wrote them.

CREATE TABLE media_blobs (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  mime_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  cover BLOB,
  metadata TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL
);

CREATE TABLE songs (
  id INTEGER PRIMARY KEY,
  media_blob_id INTEGER REFERENCES media_blobs(id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  artist TEXT,
  genre TEXT,
  duration REAL,
  favorite INTEGER NOT NULL DEFAULT 0,
  metadata TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL,
  updated_at TEXT
);

CREATE TABLE playlists (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  parent_id INTEGER REFERENCES playlists(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  metadata TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL
);

CREATE TABLE playlist_items (
  playlist_id INTEGER NOT NULL REFERENCES playlists(id) ON DELETE CASCADE,
  song_id INTEGER NOT NULL REFERENCES songs(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  added_at TEXT NOT NULL,
  PRIMARY KEY (playlist_id, song_id)
) WITHOUT ROWID;

INSERT INTO media_blobs VALUES
  (1, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 'audio/flac', 31457280, x'ffd8ff00', '{}',
    '2024-03-01T18:00:00+01:00'),
  (2, '60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752', 'audio/mpeg', 5000000000, NULL,
    '{"bitrate": 320000, "tags": ["a", null, {"deep": 1.50}], "gain": -7.25}', '2024-03-31T02:30:00.125+02:00');
INSERT INTO songs VALUES
  (1, 1, 'Für Elise', 'L. v. Beethoven', '["classical","piano"]', 177.25, 1, '{"year": 1810}',
    '2024-03-01 18:00:00-05:00', NULL),
  (2, 2, 'Untitled', NULL, NULL, NULL, 0, '{}', '2024-10-27T02:30:00+05:30', '2024-10-27T02:30:00.5Z'),
  (3, NULL, '', 'x', '[]', 0.1, 0, '{}', '1969-12-31T23:59:59-11:00', '2024-01-01 00:00:00'),
  (4, 2, 'Quotes', '"q", {x}, \', '["a \"b\"","{c,d}","back\\slash","NULL","é, ü"]', 1e-7, 1, '{"k": "\"v\""}',
    '2024-02-29T23:59:59.999999+14:00', NULL);
INSERT INTO playlists VALUES (1, 'All', NULL, '{}', '2024-03-01T18:00:00+01:00'),
  (2, 'Child before its parent', 3, '{}', '2024-03-01T18:00:00+01:00'),
  (3, 'Parent', 1, '{"color": "#fff"}', '2024-03-01T18:00:00+01:00');
INSERT INTO playlist_items VALUES (1, 1, 1, '2024-03-01T18:00:00+01:00'), (1, 2, 2, '2024-03-01T18:00:00+01:00'),
  (2, 1, 1, '2024-03-01T18:00:00Z'), (3, 4, 1, '2024-03-01T18:00:00-03:30');
