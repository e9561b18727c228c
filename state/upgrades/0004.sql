-- Deltas of own images: from which bytes to which, and what came of it.
CREATE TABLE delta (
  image     BLOB    NOT NULL CHECK (length(image) = 32),  -- the digest of what it makes
  base      BLOB    NOT NULL CHECK (length(base) = 32),   -- and of what it starts from
  base_size INTEGER NOT NULL CHECK (base_size >= 0),
  file      BLOB    CHECK (length(file) = 32),            -- NULL: it was too long to be of use, and was not kept
  length    INTEGER CHECK (length > 0),
  PRIMARY KEY (image, base),
  CHECK ((file IS NULL) = (length IS NULL))
) STRICT, WITHOUT ROWID;
-- Where the file system of an export's folder was mounted.
ALTER TABLE exported ADD COLUMN mount TEXT NOT NULL DEFAULT '';
-- Where [[upload]] keeps the published tree as well, and the head that was put there last.
CREATE TABLE upload (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  place  TEXT    NOT NULL UNIQUE,               -- endpoint, bucket and prefix
  serial INTEGER NOT NULL CHECK (serial >= 0),  -- of that head; 0: none was put yet
  etag   TEXT    NOT NULL                       -- of that head, as the store names it; '': not known
) STRICT;
-- The objects there. A row is written before its object is put.
CREATE TABLE uploaded (
  upload   INTEGER NOT NULL REFERENCES upload (number),
  path     TEXT    NOT NULL,  -- below the prefix
  digest   BLOB    NOT NULL CHECK (length(digest) = 32),
  size     INTEGER NOT NULL CHECK (size >= 0),
  etag     TEXT,              -- as the store names it; NULL: it is not there yet
  parts    TEXT,              -- the store's id of an upload in parts that is under way
  unneeded INTEGER,           -- since when gc knows that no reader needs it
  PRIMARY KEY (upload, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploaded_unfinished ON uploaded (upload) WHERE etag IS NULL;
-- The parts that are there of an upload in parts.
CREATE TABLE uploaded_part (
  upload INTEGER NOT NULL,
  path   TEXT    NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  etag   TEXT    NOT NULL,
  PRIMARY KEY (upload, path, number),
  FOREIGN KEY (upload, path) REFERENCES uploaded (upload, path) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
