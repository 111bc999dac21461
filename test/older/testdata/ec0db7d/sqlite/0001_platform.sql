-- +goose Up
CREATE TABLE node_lease (
  node INTEGER NOT NULL PRIMARY KEY,
  token VARCHAR(32) NOT NULL,
  lease_until BIGINT NOT NULL
);

-- Facts on their way to their handlers; a row is deleted when every handler has taken it.
CREATE TABLE outbox (
  id BIGINT NOT NULL PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  event_key VARCHAR(64) NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  dead SMALLINT NOT NULL DEFAULT 0,
  last_error VARCHAR(1000) NOT NULL DEFAULT ''
);
CREATE INDEX ix_outbox_due ON outbox (dead, due_at, id);

-- One row per (consumer, event): written with the effect, so the effect happens once.
CREATE TABLE inbox (
  consumer VARCHAR(64) NOT NULL,
  event_id BIGINT NOT NULL,
  done_at BIGINT NOT NULL,
  PRIMARY KEY (consumer, event_id)
);
CREATE INDEX ix_inbox_done ON inbox (done_at);

CREATE TABLE job (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(64) NOT NULL,
  unique_key VARCHAR(128) NULL,
  payload TEXT NOT NULL,
  state SMALLINT NOT NULL,
  due_at BIGINT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  token VARCHAR(32) NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  progress INTEGER NOT NULL DEFAULT 0,
  last_error VARCHAR(1000) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_job_key UNIQUE (unique_key)
);
CREATE INDEX ix_job_due ON job (state, due_at, id);
CREATE INDEX ix_job_token ON job (token);

-- Who may do what only one node should do at a time (the relay, the sweepers).
CREATE TABLE lease (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  holder VARCHAR(32) NOT NULL,
  lease_until BIGINT NOT NULL
);

-- Answers kept with the effect they describe.
CREATE TABLE idempotency (
  scope VARCHAR(96) NOT NULL,
  idem_key VARCHAR(128) NOT NULL,
  request_hash CHAR(64) NOT NULL,
  answer TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (scope, idem_key)
);
CREATE INDEX ix_idempotency_created ON idempotency (created_at);
