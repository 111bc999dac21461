-- +goose Up
-- The node that pulls the picture of a connection at a server in front, and until when it has said so.
ALTER TABLE room ADD COLUMN external_node VARCHAR(64) NOT NULL DEFAULT '';
ALTER TABLE room ADD COLUMN external_until BIGINT NOT NULL DEFAULT 0;
