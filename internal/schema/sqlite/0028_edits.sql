-- +goose Up
-- What a product's form said before its last edit, so that a form that names no version
-- cannot put it back. NULL: not edited yet.
ALTER TABLE product ADD COLUMN said_before TEXT;
