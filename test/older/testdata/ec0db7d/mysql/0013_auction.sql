-- +goose Up
-- One unit of a SKU sold to whoever offers most in a room. leader_max is what the
-- leader would pay at the most and is shown to nobody; runner_up is the highest offer
-- of anybody else.
CREATE TABLE IF NOT EXISTS auction (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  room_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  start_price BIGINT NOT NULL,
  reserve_price BIGINT NOT NULL,
  steps MEDIUMTEXT NOT NULL,
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
  created_at BIGINT NOT NULL,
  INDEX ix_auction_room (room_id, id),
  INDEX ix_auction_state (state, ends_at),
  INDEX ix_auction_order (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- shown is the price that others saw this bid at.
CREATE TABLE IF NOT EXISTS auction_bid (
  id BIGINT NOT NULL PRIMARY KEY,
  auction_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  max_amount BIGINT NOT NULL,
  shown BIGINT NOT NULL,
  placed_at BIGINT NOT NULL,
  INDEX ix_bid_auction (auction_id, id),
  INDEX ix_bid_user (user_id, auction_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A room has one stage: the row is what two starts at once meet on.
CREATE TABLE IF NOT EXISTS auction_stage (
  room_id BIGINT NOT NULL PRIMARY KEY,
  auction_id BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
