-- +goose Up
CREATE TABLE IF NOT EXISTS account_user (
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
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS account_session (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  token_hash CHAR(64) NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_session_token UNIQUE (token_hash),
  INDEX ix_session_user (user_id),
  INDEX ix_session_expires (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Name, phone and street are sealed; nothing in them is searched.
CREATE TABLE IF NOT EXISTS account_address (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  sealed MEDIUMTEXT NOT NULL,
  is_default SMALLINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  INDEX ix_address_user (user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
