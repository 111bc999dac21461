-- +goose Up
CREATE TABLE IF NOT EXISTS shop (
  id BIGINT NOT NULL PRIMARY KEY,
  name MEDIUMTEXT NOT NULL,
  logo_url VARCHAR(255) NOT NULL DEFAULT '',
  owner_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS shop_staff (
  shop_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  role VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, user_id),
  INDEX ix_staff_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS category (
  id BIGINT NOT NULL PRIMARY KEY,
  name MEDIUMTEXT NOT NULL,
  position INT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS media_object (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  blob_key VARCHAR(255) NOT NULL,
  content_type VARCHAR(64) NOT NULL,
  size BIGINT NOT NULL,
  width INT NOT NULL,
  height INT NOT NULL,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS product (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  category_id BIGINT NOT NULL,
  title MEDIUMTEXT NOT NULL,
  description MEDIUMTEXT NOT NULL,
  options MEDIUMTEXT NOT NULL,
  pictures MEDIUMTEXT NOT NULL,
  search_text MEDIUMTEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  price BIGINT NOT NULL,
  was_price BIGINT NOT NULL,
  commission_l1 INT NOT NULL,
  commission_l2 INT NOT NULL,
  sold BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  INDEX ix_product_state_new (state, id),
  INDEX ix_product_state_price (state, price, id),
  INDEX ix_product_state_sold (state, sold, id),
  INDEX ix_product_category (category_id, state, id),
  INDEX ix_product_shop (shop_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS sku (
  id BIGINT NOT NULL PRIMARY KEY,
  product_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  code VARCHAR(64) NOT NULL,
  choice VARCHAR(64) NOT NULL,
  price BIGINT NOT NULL,
  was_price BIGINT NOT NULL,
  position INT NOT NULL,
  active SMALLINT NOT NULL DEFAULT 1,
  CONSTRAINT ck_sku_price CHECK (price >= 0 AND was_price >= 0),
  INDEX ix_sku_product (product_id, position)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
