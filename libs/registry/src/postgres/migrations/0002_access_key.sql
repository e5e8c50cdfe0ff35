-- Up Migration

-- One row: grows with every change of the keys, so that a slow publisher cannot bring a revoked key back.
CREATE TABLE access_key_revision (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL
);
INSERT INTO access_key_revision (revision) VALUES (0);

-- API keys: only the digest of the secret. Revoked keys stay, for the audit.
CREATE TABLE access_key (
  id text PRIMARY KEY,
  name text NOT NULL,
  digest text NOT NULL,
  scopes text[] NOT NULL,
  patterns text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by text
);
CREATE UNIQUE INDEX access_key_name ON access_key (name) WHERE revoked_at IS NULL;

-- Down Migration

DROP TABLE access_key;
DROP TABLE access_key_revision;
