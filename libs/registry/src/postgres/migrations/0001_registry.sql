-- Up Migration

-- One row: the revision grows with every change of the registry. Whoever changes anything locks it first, so
-- two appliers never interleave.
CREATE TABLE registry_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL
);
INSERT INTO registry_revision (revision) VALUES (0);

-- Every version of every definition, as it was registered; rows never change and are never deleted, so that a
-- name that is removed and registered again goes on counting and never meets the state of its former life.
-- json, not jsonb: derived columns are evaluated in the order in which they were written.
CREATE TABLE definition_version (
  kind text NOT NULL,
  name text NOT NULL,
  version integer NOT NULL CHECK (version >= 1),
  definition json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, name, version)
);

-- What is registered now: the newest version, with the description, owner and tags that change in place.
CREATE TABLE definition (
  kind text NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  definition json NOT NULL,
  revision bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, name),
  FOREIGN KEY (kind, name, version) REFERENCES definition_version (kind, name, version)
);

-- Who changed what, when, from which version to which.
CREATE TABLE registry_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  revision bigint NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  changed_by text NOT NULL,
  action text NOT NULL CHECK (action IN ('created', 'changed', 'removed')),
  kind text NOT NULL,
  name text NOT NULL,
  from_version integer,
  to_version integer,
  reasons text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX registry_change_of_definition ON registry_change (kind, name, id);

-- Down Migration

DROP TABLE registry_change;
DROP TABLE definition;
DROP TABLE definition_version;
DROP TABLE registry_revision;
