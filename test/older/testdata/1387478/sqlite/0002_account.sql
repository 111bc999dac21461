-- +goose Up
CREATE TABLE account_user (
  id BIGINT NOT NULL PRIMARY KEY,
  email_index CHAR(64) NOT NULL,
  email_sealed VARCHAR(512) NOT NULL,
  display_name VARCHAR(64) NOT NULL,
  avatar_url VARCHAR(255) NOT NULL DEFAULT '',
  locale VARCHAR(8) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  operator SMALLINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_user_email UNIQUE (email_index)
);

CREATE TABLE account_session (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  token_hash CHAR(64) NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_session_token UNIQUE (token_hash)
);
CREATE INDEX ix_session_user ON account_session (user_id);
CREATE INDEX ix_session_expires ON account_session (expires_at);

-- Name, phone and street are sealed; nothing in them is searched.
CREATE TABLE account_address (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  sealed TEXT NOT NULL,
  is_default SMALLINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE INDEX ix_address_user ON account_address (user_id, id);
