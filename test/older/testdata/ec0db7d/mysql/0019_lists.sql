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

-- Lists are read as ranges of one index from where the page before ended. One index for
-- each filter and sort that anybody may ask for.
DROP INDEX ix_product_category ON product;
CREATE INDEX ix_product_category_new ON product (category_id, state, id);
CREATE INDEX ix_product_category_price ON product (category_id, state, price, id);
CREATE INDEX ix_product_category_sold ON product (category_id, state, sold, id);
CREATE INDEX ix_product_shop_new ON product (shop_id, state, id);
CREATE INDEX ix_product_shop_price ON product (shop_id, state, price, id);
CREATE INDEX ix_product_shop_sold ON product (shop_id, state, sold, id);
CREATE INDEX ix_product_shop_category ON product (shop_id, category_id, state, id);
CREATE INDEX ix_order_shop_new ON orders (shop_id, id);
CREATE INDEX ix_order_shop_number ON orders (shop_id, number);
CREATE INDEX ix_order_shop_placed ON orders (shop_id, created_at);
CREATE INDEX ix_order_room_new ON orders (room_id, id);
DROP INDEX ix_order_room ON orders;
CREATE INDEX ix_notice_old ON notice (created_at);
