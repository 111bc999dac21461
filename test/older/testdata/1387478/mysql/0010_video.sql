-- +goose Up
CREATE TABLE IF NOT EXISTS video (
  id BIGINT NOT NULL PRIMARY KEY,
  author_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  upload_id VARCHAR(64) NOT NULL,
  caption VARCHAR(800) NOT NULL,
  state VARCHAR(16) NOT NULL,
  failure VARCHAR(64) NOT NULL DEFAULT '',
  progress INT NOT NULL DEFAULT 0,
  duration_ms BIGINT NOT NULL DEFAULT 0,
  width INT NOT NULL DEFAULT 0,
  height INT NOT NULL DEFAULT 0,
  likes BIGINT NOT NULL DEFAULT 0,
  shares BIGINT NOT NULL DEFAULT 0,
  hidden_by BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  published_at BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT uq_video_upload UNIQUE (upload_id),
  INDEX ix_video_feed (state, published_at, id),
  INDEX ix_video_author (author_id, id),
  INDEX ix_video_shop (shop_id, id),
  INDEX ix_video_product (product_id, state, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS video_like (
  video_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (video_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
