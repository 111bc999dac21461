-- +goose Up
-- What a SKU's values were called when it was last said what they are: options of
-- its product may go, an order or an auction of it stays. NULL: not said yet.
ALTER TABLE sku ADD COLUMN choice_texts TEXT;
