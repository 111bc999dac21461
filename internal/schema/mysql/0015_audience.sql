-- +goose Up
CREATE TABLE IF NOT EXISTS follow (
  user_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, shop_id),
  INDEX ix_follow_shop (shop_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS follow_count (
  shop_id BIGINT NOT NULL PRIMARY KEY,
  followers BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS notice (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  kind VARCHAR(32) NOT NULL,
  ref VARCHAR(64) NOT NULL,
  payload MEDIUMTEXT NOT NULL,
  read_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_notice UNIQUE (user_id, kind, ref),
  INDEX ix_notice_user (user_id, id),
  INDEX ix_notice_unread (user_id, read_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- shop_id 0 is the platform's own list.
CREATE TABLE IF NOT EXISTS banned_word (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  word VARCHAR(64) NOT NULL,
  action VARCHAR(8) NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_banned_word UNIQUE (shop_id, word)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS silenced (
  shop_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  kind VARCHAR(8) NOT NULL,
  `until` BIGINT NOT NULL,
  by_id BIGINT NOT NULL,
  reason VARCHAR(200) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, user_id),
  INDEX ix_silenced_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
