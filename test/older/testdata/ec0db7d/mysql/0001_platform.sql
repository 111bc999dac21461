-- +goose Up
CREATE TABLE IF NOT EXISTS node_lease (
  node INT NOT NULL PRIMARY KEY,
  token VARCHAR(32) NOT NULL,
  lease_until BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Facts on their way to their handlers; a row is deleted when every handler has taken it.
CREATE TABLE IF NOT EXISTS outbox (
  id BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  event_key VARCHAR(64) NOT NULL,
  payload MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  dead SMALLINT NOT NULL DEFAULT 0,
  last_error VARCHAR(1000) NOT NULL DEFAULT '',
  INDEX ix_outbox_due (dead, due_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row per (consumer, event): written with the effect, so the effect happens once.
CREATE TABLE IF NOT EXISTS inbox (
  consumer VARCHAR(64) NOT NULL,
  event_id BIGINT NOT NULL,
  done_at BIGINT NOT NULL,
  PRIMARY KEY (consumer, event_id),
  INDEX ix_inbox_done (done_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS job (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(64) NOT NULL,
  unique_key VARCHAR(128) NULL,
  payload MEDIUMTEXT NOT NULL,
  state SMALLINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  token VARCHAR(32) NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  progress INT NOT NULL DEFAULT 0,
  last_error VARCHAR(1000) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_job_key UNIQUE (unique_key),
  INDEX ix_job_due (state, due_at, id),
  INDEX ix_job_token (token)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who may do what only one node should do at a time (the relay, the sweepers).
CREATE TABLE IF NOT EXISTS lease (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  holder VARCHAR(32) NOT NULL,
  lease_until BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Answers kept with the effect they describe.
CREATE TABLE IF NOT EXISTS idempotency (
  scope VARCHAR(96) NOT NULL,
  idem_key VARCHAR(128) NOT NULL,
  request_hash CHAR(64) NOT NULL,
  answer MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (scope, idem_key),
  INDEX ix_idempotency_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
