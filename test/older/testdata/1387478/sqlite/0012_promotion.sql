-- +goose Up
-- Units set aside for a deal, a lot or a prize: on hand = available + reserved + allotted.
ALTER TABLE stock ADD COLUMN allotted BIGINT NOT NULL DEFAULT 0 CHECK (allotted >= 0);
ALTER TABLE stock_movement ADD COLUMN allotted_delta BIGINT NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD COLUMN slice_id BIGINT NOT NULL DEFAULT 0;

-- total = unsold + reserved + sold + returned. The unsold of all slices of a SKU are its allotted.
CREATE TABLE stock_slice (
  id BIGINT NOT NULL PRIMARY KEY,
  sku_id BIGINT NOT NULL,
  ref VARCHAR(64) NOT NULL,
  total BIGINT NOT NULL,
  unsold BIGINT NOT NULL,
  reserved BIGINT NOT NULL DEFAULT 0,
  sold BIGINT NOT NULL DEFAULT 0,
  returned BIGINT NOT NULL DEFAULT 0,
  is_open SMALLINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_slice_ref UNIQUE (sku_id, ref),
  CONSTRAINT ck_slice CHECK (unsold >= 0 AND reserved >= 0 AND sold >= 0 AND returned >= 0 AND total = unsold + reserved + sold + returned)
);

-- What the product and its price looked like when it was bought: who said what, when.
CREATE TABLE order_evidence (
  order_id BIGINT NOT NULL PRIMARY KEY,
  shown TEXT NOT NULL
);

CREATE TABLE room_price (
  room_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  price BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (room_id, sku_id)
);

-- A flash deal; times are 0 until it is started.
CREATE TABLE deal (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  room_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  reason VARCHAR(16) NOT NULL DEFAULT '',
  countdown_ms BIGINT NOT NULL,
  run_ms BIGINT NOT NULL,
  buyer_limit BIGINT NOT NULL,
  starts_at BIGINT NOT NULL DEFAULT 0,
  ends_at BIGINT NOT NULL DEFAULT 0,
  ended_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE INDEX ix_deal_room ON deal (room_id, state, id);
CREATE INDEX ix_deal_state ON deal (state, ends_at);

CREATE TABLE deal_item (
  deal_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  price BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  slice_id BIGINT NOT NULL DEFAULT 0,
  position INTEGER NOT NULL,
  PRIMARY KEY (deal_id, sku_id)
);

-- How many units of a deal a buyer has taken, over all its SKUs.
CREATE TABLE deal_buyer (
  deal_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  taken BIGINT NOT NULL,
  PRIMARY KEY (deal_id, user_id)
);

-- What an order took of a deal; given_back says that it counts no more.
CREATE TABLE deal_order (
  order_id BIGINT NOT NULL,
  deal_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  given_back SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, deal_id)
);

CREATE TABLE coupon (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind VARCHAR(16) NOT NULL,
  value BIGINT NOT NULL,
  cap BIGINT NOT NULL,
  min_spend BIGINT NOT NULL,
  scope VARCHAR(16) NOT NULL,
  room_id BIGINT NOT NULL,
  total BIGINT NOT NULL,
  claimed BIGINT NOT NULL DEFAULT 0,
  used BIGINT NOT NULL DEFAULT 0,
  per_user BIGINT NOT NULL,
  valid_from BIGINT NOT NULL,
  valid_to BIGINT NOT NULL,
  active SMALLINT NOT NULL DEFAULT 1,
  created_at BIGINT NOT NULL,
  CONSTRAINT ck_coupon CHECK (claimed >= 0 AND claimed <= total AND used >= 0)
);
CREATE INDEX ix_coupon_shop ON coupon (shop_id, id);

CREATE TABLE coupon_product (
  coupon_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  PRIMARY KEY (coupon_id, product_id)
);

-- A coupon in somebody's wallet. order_id is 0 while it is free.
CREATE TABLE coupon_claim (
  id BIGINT NOT NULL PRIMARY KEY,
  coupon_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  nth BIGINT NOT NULL,
  order_id BIGINT NOT NULL DEFAULT 0,
  used_at BIGINT NOT NULL DEFAULT 0,
  claimed_at BIGINT NOT NULL,
  CONSTRAINT uq_claim_nth UNIQUE (coupon_id, user_id, nth)
);
CREATE INDEX ix_claim_user ON coupon_claim (user_id, order_id, id);

-- Which claim an order was priced with, also after it has been given back.
CREATE TABLE coupon_use (
  order_id BIGINT NOT NULL,
  claim_id BIGINT NOT NULL,
  PRIMARY KEY (order_id, claim_id)
);

CREATE TABLE room_coupon (
  room_id BIGINT NOT NULL,
  coupon_id BIGINT NOT NULL,
  pinned_at BIGINT NOT NULL,
  PRIMARY KEY (room_id, coupon_id)
);
