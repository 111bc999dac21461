-- +goose Up
-- Uploads that browsers send straight to object storage, until a film is made of them.
CREATE TABLE direct_upload (
  id VARCHAR(26) NOT NULL PRIMARY KEY,
  owner_id BIGINT NOT NULL,
  name VARCHAR(255) NOT NULL,
  size BIGINT NOT NULL,
  sending VARCHAR(1024) NOT NULL,
  done SMALLINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE INDEX ix_direct_upload_owner ON direct_upload (owner_id);

-- One row, which whoever counts them holds meanwhile.
CREATE TABLE direct_upload_turn (
  id SMALLINT NOT NULL PRIMARY KEY,
  turns BIGINT NOT NULL
);
INSERT INTO direct_upload_turn (id, turns) VALUES (1, 0);
