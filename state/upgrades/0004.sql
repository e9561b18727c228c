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
