-- +goose Up
-- One row while the master key is changed: to which key, and how far that is.
CREATE TABLE key_rotation (
  id SMALLINT NOT NULL PRIMARY KEY,
  to_key VARCHAR(32) NOT NULL,
  kind VARCHAR(64) NOT NULL,
  after_key VARCHAR(190) NOT NULL,
  moved BIGINT NOT NULL,
  started_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
