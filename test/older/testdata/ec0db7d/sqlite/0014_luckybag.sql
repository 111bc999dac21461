-- +goose Up
-- A draw among those who said a word or follow the shop. The seed is sealed until
-- the draw; its hash is public from the beginning.
CREATE TABLE lucky_bag (
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
  settled SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX ix_bag_room ON lucky_bag (room_id, state, id);
CREATE INDEX ix_bag_draw ON lucky_bag (state, draws_at);
CREATE INDEX ix_bag_claim ON lucky_bag (settled, claim_by);

-- alias is who they are in the proof; entered_at is 0 while a gate is still closed.
CREATE TABLE bag_entry (
  bag_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  alias VARCHAR(32) NOT NULL,
  said SMALLINT NOT NULL,
  entered_at BIGINT NOT NULL,
  place BIGINT NOT NULL DEFAULT 0,
  order_id BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (bag_id, user_id),
  CONSTRAINT uq_entry_alias UNIQUE (bag_id, alias)
);
CREATE INDEX ix_entry_order ON bag_entry (order_id);
CREATE INDEX ix_entry_place ON bag_entry (bag_id, place);
