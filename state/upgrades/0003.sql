-- What was exported for those who use images, and where links point.
CREATE TABLE export (
  name    TEXT NOT NULL,
  folder  TEXT NOT NULL,
  link    TEXT NOT NULL,
  linked  TEXT,
  run_for TEXT,
  PRIMARY KEY (name, folder)
) STRICT, WITHOUT ROWID;
CREATE TABLE exported (
  name    TEXT NOT NULL,
  folder  TEXT NOT NULL,
  image   TEXT NOT NULL,
  digest  BLOB NOT NULL CHECK (length(digest) = 32),
  kind    TEXT NOT NULL CHECK (kind IN ('file', 'tree')),
  top     TEXT NOT NULL,
  listing BLOB NOT NULL CHECK (length(listing) = 32),
  changes TEXT NOT NULL,
  owner   TEXT NOT NULL,
  mode    TEXT NOT NULL,
  PRIMARY KEY (name, folder, image)
) STRICT, WITHOUT ROWID;
