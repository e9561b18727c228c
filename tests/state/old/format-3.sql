-- A state of format 3, as an ingot of that time left it: one image in a series, published by one run.
PRAGMA foreign_keys = OFF;
PRAGMA application_id = 1768843124;
PRAGMA user_version = 3;
BEGIN TRANSACTION;
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
INSERT INTO "action" VALUES(1,1,'image.db19_24','add','a','done','','',1795437164,1795437164);
INSERT INTO "action" VALUES(2,1,'series.db19','create','db19_24','done','','',1795437164,1795437164);
INSERT INTO "action" VALUES(3,1,'catalog','publish','','done','','',1795437164,1795437164);
CREATE TABLE floor (
  id           BLOB    PRIMARY KEY CHECK (length(id) = 32),
  epoch        INTEGER NOT NULL CHECK (epoch >= 0),
  serial       INTEGER NOT NULL CHECK (serial >= 0),
  head         BLOB    NOT NULL CHECK (length(head) = 32),
  root_version INTEGER NOT NULL CHECK (root_version >= 1),
  issued       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
INSERT INTO "image" VALUES(1,'db19_24',0,X'6B340F0CAC1C4EB5EDE8C2E02CF305B264965D29603B0109856E241439FE50A5','db19_24',2,'gold',NULL,1,'file','SOFTWARE','19.24.0','','','team
dba
','PUBLISHED','',0,2,'',0,0,1,'',NULL,NULL,NULL,NULL,'sha256:93a0ca57bf732f5dfb5d3eb9978bece71815baea7a64a5a5039d7eff842adf89',NULL,'image.db19_24',NULL,2,0,NULL,1795437164,'20261123T123244Z-26a8f6','ann@gold',NULL,'image.db19_24',NULL,NULL);
CREATE TABLE imagetype (
  name    TEXT    PRIMARY KEY,
  base    TEXT    NOT NULL,
  managed INTEGER NOT NULL CHECK (managed IN (0, 1)),
  images  INTEGER NOT NULL DEFAULT 0 CHECK (images >= 0)  -- live ones
) STRICT, WITHOUT ROWID;
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
INSERT INTO "meta" VALUES(1,'c35752fd67ed8d0380b1cef51d471d5f',X'6B340F0CAC1C4EB5EDE8C2E02CF305B264965D29603B0109856E241439FE50A5','gold',5,0,1,2,2,2,2,2,X'C8B14FE6F9C5CE30D531110DF6D48DEE920779552894FD558F58BAD99B3F6080',X'8E0A31E659DCBC243E96F8CBD65C42E2BDAEB1444CD9B03787E35A03600C51A2',1796646764,0,0);
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
INSERT INTO "object" VALUES(1,X'95CC8E8EC552664096B998C62DFD5DFD0A41C96154DE6814D918D1CA34BFC225',6,'file',X'72BA99B62B39174E283CB3249EEAA2D4F78AFC5D03F752D07F571A9EB07C78A5',15,1,NULL,NULL);
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
  planned         INTEGER NOT NULL CHECK (planned >= 0)
) STRICT;
INSERT INTO "run" VALUES(1,'20261123T123244Z-26a8f6',1795437164,1795437164,0,'apply','ann@gold','ingot.toml',X'883EE4D531B0F2DF81124F5EAD17725B6A3C1781444FDD6E5C2B5AAB8883EB03',NULL,'sha256:1ad793894f52aa8d741ae48dcb843a1e6d87cdc7f3632443d84f1c8d35457b97',3);
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
INSERT INTO "series" VALUES(1,'db19',1,NULL,NULL,'db19_24
',2,0,NULL);
CREATE TABLE series_member (
  series   INTEGER NOT NULL REFERENCES series (number),
  position INTEGER NOT NULL,
  image    INTEGER NOT NULL REFERENCES image (key),
  added    INTEGER CHECK (added > 0),
  PRIMARY KEY (series, position),
  UNIQUE (series, image)
) STRICT, WITHOUT ROWID;
INSERT INTO "series_member" VALUES(1,0,1,2);
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
CREATE UNIQUE INDEX imagetype_name ON imagetype (name COLLATE NOCASE);
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
CREATE UNIQUE INDEX series_live_name ON series (name COLLATE NOCASE) WHERE deleted = 0;
CREATE INDEX series_member_image ON series_member (image);
CREATE INDEX series_member_new ON series_member (series) WHERE added IS NULL;
CREATE INDEX action_run ON action (run);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('run',1);
INSERT INTO "sqlite_sequence" VALUES('action',3);
INSERT INTO "sqlite_sequence" VALUES('object',1);
INSERT INTO "sqlite_sequence" VALUES('image',1);
INSERT INTO "sqlite_sequence" VALUES('series',1);
ALTER TABLE run ADD COLUMN git_repository TEXT;
ALTER TABLE run ADD COLUMN git_ref TEXT;
ALTER TABLE run ADD COLUMN git_blob TEXT;
ALTER TABLE run ADD COLUMN git_dirty INTEGER CHECK (git_dirty IN (0, 1));
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
COMMIT;
