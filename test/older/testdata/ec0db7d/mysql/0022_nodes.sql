-- +goose Up
-- Which node has a show's picture: when that is gone the show waits for its publisher, and no other node may say so.
ALTER TABLE live_show ADD COLUMN node VARCHAR(40) NOT NULL DEFAULT '';
