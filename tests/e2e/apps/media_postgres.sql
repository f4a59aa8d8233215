-- A media library as people have it on Postgres: documents with defaults, arrays, a composite key, checks, zones.

CREATE TABLE media_blobs (
  id BIGSERIAL PRIMARY KEY,
  hash CHAR(64) NOT NULL UNIQUE,
  mime_type VARCHAR(100) NOT NULL,
  size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
  cover BYTEA,
  metadata JSONB NOT NULL DEFAULT '{}' CONSTRAINT blob_metadata_is_an_object CHECK (jsonb_typeof(metadata) = 'object'),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE songs (
  id BIGSERIAL PRIMARY KEY,
  media_blob_id BIGINT REFERENCES media_blobs(id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  artist TEXT,
  genre TEXT[] CONSTRAINT at_most_five_genres CHECK (array_length(genre, 1) <= 5),
  duration DOUBLE PRECISION,
  favorite BOOLEAN NOT NULL DEFAULT FALSE,
  metadata JSONB NOT NULL DEFAULT '{}' CONSTRAINT metadata_is_an_object CHECK (jsonb_typeof(metadata) = 'object'),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ
);
CREATE INDEX songs_genre ON songs USING gin (genre);

CREATE TABLE playlists (
  id BIGSERIAL PRIMARY KEY,
  name TEXT NOT NULL,
  parent_id BIGINT REFERENCES playlists(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  metadata JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE playlist_items (
  playlist_id BIGINT NOT NULL REFERENCES playlists(id) ON DELETE CASCADE DEFERRABLE,
  song_id BIGINT NOT NULL REFERENCES songs(id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  added_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  PRIMARY KEY (playlist_id, song_id)
);
