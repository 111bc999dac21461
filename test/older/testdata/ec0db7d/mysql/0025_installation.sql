-- +goose Up
-- One row: with which key this database is sealed, and when a commit was last proved.
CREATE TABLE installation (
  id SMALLINT NOT NULL PRIMARY KEY,
  key_id VARCHAR(32) NOT NULL,
  canary VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  proved_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
