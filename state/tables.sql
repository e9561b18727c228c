-- The tables of a state, version 4 (PRAGMA user_version). Times are whole seconds since 1970 UTC, digests raw 32 bytes,
-- flags 0 or 1; NULL in a column of serials means: no head has shown this event yet. Lists of texts are lines.cpp's.

CREATE TABLE meta (
  one               INTEGER PRIMARY KEY CHECK (one = 1),
  lineage           TEXT    NOT NULL CHECK (length(lineage) = 32),
  self_id           BLOB    NOT NULL CHECK (length(self_id) = 32),
  self_name         TEXT    NOT NULL,
  generation        INTEGER NOT NULL CHECK (generation >= 0),
  common_revision   INTEGER NOT NULL CHECK (common_revision >= 0),   -- part of every peer's revision
  live_images       INTEGER NOT NULL CHECK (live_images >= 0),
  content           INTEGER NOT NULL CHECK (content >= 0),           -- grows with each change of the public content
  reserved          INTEGER NOT NULL CHECK (reserved >= published),
  reserved_content  INTEGER NOT NULL CHECK (reserved_content <= content),  -- `content` when `reserved` was reserved
  published         INTEGER NOT NULL CHECK (published >= 0),         -- 0: no head was finished; the columns below are NULL
  published_content INTEGER,
  published_head    BLOB    CHECK (length(published_head) = 32),
  published_index   BLOB    CHECK (length(published_index) = 32),
  published_expires INTEGER,
  published_copies  INTEGER CHECK (published_copies IN (0, 1)),
  made_anew         INTEGER NOT NULL DEFAULT 0 CHECK (made_anew IN (0, 1))  -- of what a lost state left, and no apply caught up since
) STRICT;

-- Every server that this one ever registered or copied from; the row outlives both.
CREATE TABLE peer (
  id       BLOB    PRIMARY KEY CHECK (length(id) = 32),
  revision INTEGER NOT NULL CHECK (revision >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE registration (
  id         BLOB    PRIMARY KEY REFERENCES peer (id),
  name       TEXT    NOT NULL,
  own_name   TEXT    NOT NULL,
  urls       TEXT    NOT NULL,  -- list
  serial     INTEGER NOT NULL CHECK (serial >= 0),
  head       BLOB    NOT NULL CHECK (length(head) = 32),
  registered INTEGER NOT NULL,
  seen       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE subscription (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  peer         BLOB    NOT NULL REFERENCES peer (id),
  kind         TEXT    NOT NULL CHECK (kind IN ('all', 'image', 'series', 'imagetype')),
  value        TEXT    NOT NULL,
  peer_name    TEXT    NOT NULL,
  baseline     INTEGER NOT NULL CHECK (baseline >= 0),
  since        TEXT    NOT NULL,
  options      TEXT    NOT NULL,
  rule         TEXT    NOT NULL,
  instantiated INTEGER NOT NULL,
  stopped      INTEGER CHECK (stopped >= 0),
  copies       INTEGER NOT NULL DEFAULT 0 CHECK (copies >= 0),  -- live copies that it brought
  UNIQUE (peer, kind, value)
) STRICT;

CREATE TABLE imagetype (
  name    TEXT    PRIMARY KEY,
  base    TEXT    NOT NULL,
  managed INTEGER NOT NULL CHECK (managed IN (0, 1)),
  images  INTEGER NOT NULL DEFAULT 0 CHECK (images >= 0)  -- live ones
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX imagetype_name ON imagetype (name COLLATE NOCASE);

-- The packed bytes of a digest. An image names its object; the row stays while any image, live or deleted, does.
CREATE TABLE object (
  number       INTEGER PRIMARY KEY AUTOINCREMENT,
  digest       BLOB    NOT NULL UNIQUE CHECK (length(digest) = 32),
  size         INTEGER NOT NULL CHECK (size >= 0),
  kind         TEXT    NOT NULL CHECK (kind IN ('file', 'tree')),
  file_digest  BLOB    NOT NULL CHECK (length(file_digest) = 32),
  file_length  INTEGER NOT NULL CHECK (file_length >= 0),
  segments     INTEGER NOT NULL CHECK (segments >= 1),
  table_digest BLOB    CHECK (length(table_digest) = 32),
  table_length INTEGER CHECK (table_length >= 0),
  CHECK ((table_digest IS NULL) = (table_length IS NULL))
) STRICT;

-- Images, own and copied, live and deleted. Rows are never removed: tombstones keep lineage.
CREATE TABLE image (
  key              INTEGER PRIMARY KEY AUTOINCREMENT,
  name             TEXT    NOT NULL,
  copy             INTEGER NOT NULL CHECK (copy IN (0, 1)),
  origin           BLOB    NOT NULL CHECK (length(origin) = 32),
  origin_image     TEXT    NOT NULL,  -- its name on the origin
  identity_created INTEGER CHECK (identity_created > 0),
  origin_name      TEXT    NOT NULL,
  copied_from      TEXT,
  object           INTEGER NOT NULL REFERENCES object (number),
  kind             TEXT    NOT NULL CHECK (kind IN ('file', 'tree')),
  type             TEXT    NOT NULL,
  version          TEXT    NOT NULL,
  platform         TEXT    NOT NULL,
  description      TEXT    NOT NULL,
  labels           TEXT    NOT NULL,  -- list: name, value, name, value …
  state            TEXT    NOT NULL CHECK (state IN ('TESTABLE', 'RESTRICTED', 'PUBLISHED', 'WITHDRAWN')),
  reason           TEXT    NOT NULL,
  withdrawn_by_origin INTEGER NOT NULL CHECK (withdrawn_by_origin IN (0, 1)),
  state_since      INTEGER CHECK (state_since > 0),  -- of the shown state
  past_states      TEXT    NOT NULL,  -- list: state, serial, state, serial …; oldest first
  is_private       INTEGER NOT NULL CHECK (is_private IN (0, 1)),
  protect          INTEGER NOT NULL CHECK (protect IN (0, 1)),
  managed          INTEGER NOT NULL CHECK (managed IN (0, 1)),
  parent_name      TEXT    NOT NULL,
  parent           INTEGER REFERENCES image (key) CHECK (parent < key),
  parent_origin    BLOB    CHECK (length(parent_origin) = 32),
  parent_image     TEXT,
  parent_created   INTEGER,
  source_stamp     TEXT    NOT NULL,
  unwanted_since   INTEGER,
  rule             TEXT    NOT NULL,
  subscription     INTEGER REFERENCES subscription (number) ON DELETE SET NULL,
  listed           INTEGER CHECK (listed > 0),  -- the first head of this server that shows it
  deleted          INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_serial   INTEGER CHECK (deleted_serial > 0),
  arrived          INTEGER NOT NULL,  -- papers, from here on
  arrived_run      TEXT    NOT NULL,
  arrived_actor    TEXT    NOT NULL,
  arrived_commit   TEXT,
  arrived_rule     TEXT    NOT NULL,
  arrived_peer     TEXT,
  arrived_head     BLOB    CHECK (length(arrived_head) = 32),
  CHECK (copy = 0 OR identity_created IS NOT NULL),
  CHECK ((parent_origin IS NULL) = (parent_image IS NULL) AND (parent_origin IS NULL) = (parent_created IS NULL)),
  CHECK (is_private = 0 OR listed IS NULL)
) STRICT;
CREATE UNIQUE INDEX image_live_name ON image (name COLLATE NOCASE) WHERE deleted = 0;
CREATE UNIQUE INDEX image_live_copy ON image (origin, origin_image, identity_created) WHERE copy = 1 AND deleted = 0;
CREATE INDEX image_name ON image (name, listed);
CREATE INDEX image_object ON image (object) WHERE deleted = 0;
CREATE INDEX image_own ON image (key) WHERE copy = 0;
CREATE INDEX image_origin ON image (origin) WHERE copy = 1;
CREATE INDEX image_subscription ON image (subscription) WHERE subscription IS NOT NULL;
CREATE INDEX image_unlisted ON image (key) WHERE listed IS NULL;
CREATE INDEX image_new_state ON image (key) WHERE state_since IS NULL;
CREATE INDEX image_new_tombstone ON image (key) WHERE deleted = 1 AND copy = 0 AND deleted_serial IS NULL;

CREATE TABLE series (
  number         INTEGER PRIMARY KEY AUTOINCREMENT,
  name           TEXT    NOT NULL,
  managed        INTEGER NOT NULL CHECK (managed IN (0, 1)),
  follow_peer    TEXT,
  follow_series  TEXT,
  wanted         TEXT    NOT NULL,  -- list
  created        INTEGER CHECK (created > 0),
  deleted        INTEGER NOT NULL DEFAULT 0 CHECK (deleted IN (0, 1)),
  deleted_serial INTEGER CHECK (deleted_serial > 0),
  CHECK ((follow_peer IS NULL) = (follow_series IS NULL))
) STRICT;
CREATE UNIQUE INDEX series_live_name ON series (name COLLATE NOCASE) WHERE deleted = 0;

CREATE TABLE series_member (
  series   INTEGER NOT NULL REFERENCES series (number),
  position INTEGER NOT NULL,
  image    INTEGER NOT NULL REFERENCES image (key),
  added    INTEGER CHECK (added > 0),
  PRIMARY KEY (series, position),
  UNIQUE (series, image)
) STRICT, WITHOUT ROWID;
CREATE INDEX series_member_image ON series_member (image);
CREATE INDEX series_member_new ON series_member (series) WHERE added IS NULL;

-- What was made of an [[export]] in one folder.
CREATE TABLE export (
  name    TEXT NOT NULL,
  folder  TEXT NOT NULL,  -- absolute
  link    TEXT NOT NULL,  -- '': there is none
  linked  TEXT,           -- the image that the link was moved to last
  run_for TEXT,           -- the image for which `run` last succeeded
  PRIMARY KEY (name, folder)
) STRICT, WITHOUT ROWID;

-- The images in those folders. A row is written before the image gets its place.
CREATE TABLE exported (
  name    TEXT NOT NULL,
  folder  TEXT NOT NULL,
  image   TEXT NOT NULL,  -- its name, and the place in the folder
  digest  BLOB NOT NULL CHECK (length(digest) = 32),
  kind    TEXT NOT NULL CHECK (kind IN ('file', 'tree')),
  top     TEXT NOT NULL,
  listing BLOB NOT NULL CHECK (length(listing) = 32),
  changes TEXT NOT NULL,  -- list
  owner   TEXT NOT NULL,
  mode    TEXT NOT NULL,
  mount   TEXT NOT NULL DEFAULT '',  -- where the file system of the folder was mounted; '': not known
  PRIMARY KEY (name, folder, image)
) STRICT, WITHOUT ROWID;

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

-- Floors of trust; they only rise and outlive registrations.
CREATE TABLE floor (
  id           BLOB    PRIMARY KEY CHECK (length(id) = 32),
  epoch        INTEGER NOT NULL CHECK (epoch >= 0),
  serial       INTEGER NOT NULL CHECK (serial >= 0),
  head         BLOB    NOT NULL CHECK (length(head) = 32),
  root_version INTEGER NOT NULL CHECK (root_version >= 1),
  issued       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
  number          INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT    NOT NULL UNIQUE,
  started         INTEGER NOT NULL,
  finished        INTEGER,
  exit_code       INTEGER,
  command         TEXT    NOT NULL,
  actor           TEXT    NOT NULL,
  manifest_path   TEXT    NOT NULL,
  manifest_digest BLOB    NOT NULL CHECK (length(manifest_digest) = 32),
  git_commit      TEXT,
  plan_id         TEXT    NOT NULL,
  planned         INTEGER NOT NULL CHECK (planned >= 0),
  git_repository  TEXT,  -- this and the next: NULL as git_commit is
  git_ref         TEXT,
  git_blob        TEXT,
  git_dirty       INTEGER CHECK (git_dirty IN (0, 1))
) STRICT;

CREATE TABLE action (
  sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
  run       INTEGER NOT NULL REFERENCES run (number),
  address   TEXT    NOT NULL,
  verb      TEXT    NOT NULL,
  arguments TEXT    NOT NULL,
  outcome   TEXT    CHECK (outcome IN ('done', 'failed', 'skipped')),  -- NULL: it was never finished
  code      TEXT    NOT NULL DEFAULT '',
  text      TEXT    NOT NULL DEFAULT '',
  started   INTEGER NOT NULL,
  finished  INTEGER
) STRICT;
CREATE INDEX action_run ON action (run);
