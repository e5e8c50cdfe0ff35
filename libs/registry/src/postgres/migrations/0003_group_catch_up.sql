-- Up Migration

-- Versions of feature groups that have caught up: whose state holds, in every partition, what the streams held.
-- A service that follows the newest version gets it from then on; until then it stays with the one before.
-- Rows go when a name is removed: what comes after it under the same name does not fall back to its state.
CREATE TABLE group_catch_up (
  name text NOT NULL,
  version integer NOT NULL,
  caught_up_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, version)
);

-- What was registered before there was catch-up is served as it is.
INSERT INTO group_catch_up (name, version)
  SELECT name, version FROM definition WHERE kind = 'FeatureGroup';

-- Down Migration

DROP TABLE group_catch_up;
