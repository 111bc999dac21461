-- +goose Up
-- Who takes a lease after another has the greater fence.
ALTER TABLE lease ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
