-- +goose Up
-- What a shop says of smaller renditions. Unsaid (NULL, '') is the installation's.
ALTER TABLE live_setting ADD COLUMN ladder SMALLINT;
ALTER TABLE live_setting ADD COLUMN renditions VARCHAR(64) NOT NULL DEFAULT '';
