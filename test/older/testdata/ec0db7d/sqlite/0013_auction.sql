-- +goose Up
-- One unit of a SKU sold to whoever offers most in a room. leader_max is what the
-- leader would pay at the most and is shown to nobody; runner_up is the highest offer
-- of anybody else.
CREATE TABLE auction (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  room_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  start_price BIGINT NOT NULL,
  reserve_price BIGINT NOT NULL,
  steps TEXT NOT NULL,
  run_ms BIGINT NOT NULL,
  sudden_death SMALLINT NOT NULL,
  slice_id BIGINT NOT NULL DEFAULT 0,
  starts_at BIGINT NOT NULL DEFAULT 0,
  ends_at BIGINT NOT NULL DEFAULT 0,
  hard_end BIGINT NOT NULL DEFAULT 0,
  ended_at BIGINT NOT NULL DEFAULT 0,
  bids BIGINT NOT NULL DEFAULT 0,
  leader_id BIGINT NOT NULL DEFAULT 0,
  leader_address BIGINT NOT NULL DEFAULT 0,
  leader_max BIGINT NOT NULL DEFAULT 0,
  runner_up BIGINT NOT NULL DEFAULT 0,
  order_id BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);
CREATE INDEX ix_auction_room ON auction (room_id, id);
CREATE INDEX ix_auction_state ON auction (state, ends_at);
CREATE INDEX ix_auction_order ON auction (order_id);

-- shown is the price that others saw this bid at.
CREATE TABLE auction_bid (
  id BIGINT NOT NULL PRIMARY KEY,
  auction_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  max_amount BIGINT NOT NULL,
  shown BIGINT NOT NULL,
  placed_at BIGINT NOT NULL
);
CREATE INDEX ix_bid_auction ON auction_bid (auction_id, id);
CREATE INDEX ix_bid_user ON auction_bid (user_id, auction_id);

-- A room has one stage: the row is what two starts at once meet on.
CREATE TABLE auction_stage (
  room_id BIGINT NOT NULL PRIMARY KEY,
  auction_id BIGINT NOT NULL
);
