-- +goose Up
CREATE TABLE follow (
  user_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, shop_id)
);
CREATE INDEX ix_follow_shop ON follow (shop_id, user_id);

CREATE TABLE follow_count (
  shop_id BIGINT NOT NULL PRIMARY KEY,
  followers BIGINT NOT NULL
);

CREATE TABLE notice (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  ref VARCHAR(64) NOT NULL,
  payload TEXT NOT NULL,
  read_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_notice UNIQUE (user_id, kind, ref)
);
CREATE INDEX ix_notice_user ON notice (user_id, id);
CREATE INDEX ix_notice_unread ON notice (user_id, read_at);

-- shop_id 0 is the platform's own list.
CREATE TABLE banned_word (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  word VARCHAR(64) NOT NULL,
  action VARCHAR(8) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_banned_word UNIQUE (shop_id, word)
);

CREATE TABLE silenced (
  shop_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  kind VARCHAR(8) NOT NULL,
  until BIGINT NOT NULL,
  by_id BIGINT NOT NULL,
  reason VARCHAR(200) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, user_id)
);
CREATE INDEX ix_silenced_user ON silenced (user_id);
