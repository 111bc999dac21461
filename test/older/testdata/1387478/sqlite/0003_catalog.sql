-- +goose Up
CREATE TABLE shop (
  id BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  logo_url VARCHAR(255) NOT NULL DEFAULT '',
  owner_id BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE shop_staff (
  shop_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  role VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (shop_id, user_id)
);
CREATE INDEX ix_staff_user ON shop_staff (user_id);

CREATE TABLE category (
  id BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  position INTEGER NOT NULL
);

CREATE TABLE media_object (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  blob_key VARCHAR(255) NOT NULL,
  content_type VARCHAR(64) NOT NULL,
  size BIGINT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE product (
  id BIGINT NOT NULL PRIMARY KEY,
  shop_id BIGINT NOT NULL,
  category_id BIGINT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  options TEXT NOT NULL,
  pictures TEXT NOT NULL,
  search_text TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  price BIGINT NOT NULL,
  was_price BIGINT NOT NULL,
  commission_l1 INTEGER NOT NULL,
  commission_l2 INTEGER NOT NULL,
  sold BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX ix_product_state_new ON product (state, id);
CREATE INDEX ix_product_state_price ON product (state, price, id);
CREATE INDEX ix_product_state_sold ON product (state, sold, id);
CREATE INDEX ix_product_category ON product (category_id, state, id);
CREATE INDEX ix_product_shop ON product (shop_id, id);

CREATE TABLE sku (
  id BIGINT NOT NULL PRIMARY KEY,
  product_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  code VARCHAR(64) NOT NULL,
  choice VARCHAR(64) NOT NULL,
  price BIGINT NOT NULL,
  was_price BIGINT NOT NULL,
  position INTEGER NOT NULL,
  active SMALLINT NOT NULL DEFAULT 1,
  CONSTRAINT ck_sku_price CHECK (price >= 0 AND was_price >= 0)
);
CREATE INDEX ix_sku_product ON sku (product_id, position);
