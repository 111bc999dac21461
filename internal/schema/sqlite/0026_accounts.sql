-- +goose Up
-- What a person may be told apart by (a digest of the skeleton of their name, '' where it was not made yet), whether they
-- showed that the mailbox is theirs, and since when they may not come in (0: they may).
ALTER TABLE account_user ADD COLUMN name_key CHAR(64) NOT NULL DEFAULT '';
ALTER TABLE account_user ADD COLUMN verified_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account_user ADD COLUMN disabled_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX ix_user_name ON account_user (name_key);

-- seen_at is written once in minutes; proved_at is when its holder last showed who they are. The address is sealed.
ALTER TABLE account_session ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account_session ADD COLUMN proved_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE account_session ADD COLUMN device VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE account_session ADD COLUMN address_sealed VARCHAR(255) NOT NULL DEFAULT '';
UPDATE account_session SET seen_at = created_at, proved_at = created_at;

-- A second factor; confirmed_at is 0 until a first code was right. No code at or before last_step is right again.
CREATE TABLE signin_factor (
  user_id BIGINT NOT NULL PRIMARY KEY,
  secret_sealed VARCHAR(255) NOT NULL,
  confirmed_at BIGINT NOT NULL,
  last_step BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

-- Hashes of recovery codes; a used one is gone.
CREATE TABLE signin_recovery_code (
  user_id BIGINT NOT NULL,
  code_hash CHAR(64) NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);

-- What was sent to a mailbox to be shown again, once. user_id is 0 where nobody has the address yet.
CREATE TABLE mailbox_code (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  purpose VARCHAR(16) NOT NULL,
  code_hash CHAR(64) NOT NULL,
  sealed TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  CONSTRAINT uq_mailbox_code UNIQUE (code_hash)
);
CREATE INDEX ix_mailbox_code_user ON mailbox_code (user_id, purpose);
CREATE INDEX ix_mailbox_code_expires ON mailbox_code (expires_at);

-- By whom somebody may register where that is not open.
CREATE TABLE account_invitation (
  id BIGINT NOT NULL PRIMARY KEY,
  code_hash CHAR(64) NOT NULL,
  uses_left INTEGER NOT NULL,
  note VARCHAR(100) NOT NULL,
  created_by BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_invitation_code UNIQUE (code_hash),
  CONSTRAINT ck_invitation_uses CHECK (uses_left >= 0)
);
CREATE INDEX ix_invitation_expires ON account_invitation (expires_at);

-- Names of shops, by the digest of their skeletons: no two shops look alike.
CREATE TABLE shop_name (
  name_key CHAR(64) NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL
);
CREATE INDEX ix_shop_name_shop ON shop_name (shop_id);
