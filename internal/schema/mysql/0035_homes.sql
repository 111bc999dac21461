-- +goose Up
-- At which node a stream is, since which publisher: one that has an older publisher may save nothing any more.
ALTER TABLE stream_state ADD COLUMN node VARCHAR(40) NOT NULL DEFAULT '';
ALTER TABLE stream_state ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;

-- Where nodes answer each other.
CREATE TABLE IF NOT EXISTS node_address (
  node VARCHAR(40) NOT NULL PRIMARY KEY,
  address VARCHAR(300) NOT NULL
);
