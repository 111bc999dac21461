-- +goose Up
CREATE TABLE video (
  id BIGINT NOT NULL PRIMARY KEY,
  author_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  upload_id VARCHAR(64) NOT NULL,
  caption VARCHAR(800) NOT NULL,
  state VARCHAR(16) NOT NULL,
  failure VARCHAR(64) NOT NULL DEFAULT '',
  progress INTEGER NOT NULL DEFAULT 0,
  duration_ms BIGINT NOT NULL DEFAULT 0,
  width INTEGER NOT NULL DEFAULT 0,
  height INTEGER NOT NULL DEFAULT 0,
  likes BIGINT NOT NULL DEFAULT 0,
  shares BIGINT NOT NULL DEFAULT 0,
  hidden_by BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  published_at BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT uq_video_upload UNIQUE (upload_id)
);
CREATE INDEX ix_video_feed ON video (state, published_at, id);
CREATE INDEX ix_video_author ON video (author_id, id);
CREATE INDEX ix_video_shop ON video (shop_id, id);
CREATE INDEX ix_video_product ON video (product_id, state, id);

CREATE TABLE video_like (
  video_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (video_id, user_id)
);
