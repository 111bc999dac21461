-- +goose Up
-- What a SKU's values were called when it was last said what they are: options of
-- its product may go, an order or an auction of it stays. NULL: not said yet.
ALTER TABLE sku ADD COLUMN choice_texts MEDIUMTEXT;

-- The order of a prize that was let go: its winner may claim again, and late money
-- revives it only until they do.
ALTER TABLE bag_entry ADD COLUMN lapsed SMALLINT NOT NULL DEFAULT 0;

-- Up to three levels earn; each has a rate of its own.
ALTER TABLE product ADD COLUMN commission_l3 INTEGER NOT NULL DEFAULT 0;

-- Counts edits: who saves a form that somebody else has changed since is told so.
ALTER TABLE product ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
