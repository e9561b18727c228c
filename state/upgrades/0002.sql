-- Which repository, ref and object a run's manifest was from, and whether it was all that was read.
ALTER TABLE run ADD COLUMN git_repository TEXT;
ALTER TABLE run ADD COLUMN git_ref TEXT;
ALTER TABLE run ADD COLUMN git_blob TEXT;
ALTER TABLE run ADD COLUMN git_dirty INTEGER CHECK (git_dirty IN (0, 1));
