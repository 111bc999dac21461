-- +goose Up
-- A draw among those who said a word or follow the shop. The seed is sealed until
-- the draw; its hash is public from the beginning.
CREATE TABLE IF NOT EXISTS lucky_bag (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  room_id BIGINT NOT NULL,
  state VARCHAR(16) NOT NULL,
  coupon_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  slice_id BIGINT NOT NULL DEFAULT 0,
  winners BIGINT NOT NULL,
  word VARCHAR(80) NOT NULL,
  follow SMALLINT NOT NULL,
  seed_sealed VARCHAR(255) NOT NULL,
  seed_hash CHAR(64) NOT NULL,
  seed CHAR(64) NOT NULL DEFAULT '',
  entrants BIGINT NOT NULL DEFAULT 0,
  entrants_hash CHAR(64) NOT NULL DEFAULT '',
  opened_at BIGINT NOT NULL,
  draws_at BIGINT NOT NULL,
  drawn_at BIGINT NOT NULL DEFAULT 0,
  claim_by BIGINT NOT NULL DEFAULT 0,
  settled SMALLINT NOT NULL DEFAULT 0,
  INDEX ix_bag_room (room_id, state, id),
  INDEX ix_bag_draw (state, draws_at),
  INDEX ix_bag_claim (settled, claim_by)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- alias is who they are in the proof; entered_at is 0 while a gate is still closed.
CREATE TABLE IF NOT EXISTS bag_entry (
  bag_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  alias VARCHAR(32) NOT NULL,
  said SMALLINT NOT NULL,
  entered_at BIGINT NOT NULL,
  place BIGINT NOT NULL DEFAULT 0,
  order_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (bag_id, user_id),
  CONSTRAINT uq_entry_alias UNIQUE (bag_id, alias),
  INDEX ix_entry_order (order_id),
  INDEX ix_entry_place (bag_id, place)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
