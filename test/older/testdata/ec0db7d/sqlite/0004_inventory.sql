-- +goose Up
-- For each SKU: on hand = available + reserved. Changed only by guarded updates
-- that also write a movement.
CREATE TABLE stock (
  sku_id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  available BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  sold BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CONSTRAINT ck_stock CHECK (available >= 0 AND reserved >= 0 AND sold >= 0)
);
CREATE INDEX ix_stock_low ON stock (shop_id, available);

CREATE TABLE stock_movement (
  id BIGINT NOT NULL PRIMARY KEY,
  sku_id BIGINT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  quantity BIGINT NOT NULL,
  available_delta BIGINT NOT NULL,
  reserved_delta BIGINT NOT NULL,
  sold_delta BIGINT NOT NULL,
  ref VARCHAR(64) NOT NULL,
  actor_id BIGINT NOT NULL,
  reason VARCHAR(200) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_movement_ref UNIQUE (sku_id, ref, kind)
);
