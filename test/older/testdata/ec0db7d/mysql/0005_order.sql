-- +goose Up
CREATE TABLE IF NOT EXISTS cart_item (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_cart_sku UNIQUE (user_id, sku_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One checkout makes one payment and one order per shop.
CREATE TABLE IF NOT EXISTS checkout (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  payable BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  pay_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS orders (
  id BIGINT NOT NULL PRIMARY KEY,
  checkout_id BIGINT NOT NULL,
  number VARCHAR(24) NOT NULL,
  user_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  status VARCHAR(24) NOT NULL,
  close_reason VARCHAR(32) NOT NULL DEFAULT '',
  goods_total BIGINT NOT NULL,
  discount_total BIGINT NOT NULL,
  shipping_total BIGINT NOT NULL,
  payable BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  address_sealed MEDIUMTEXT NOT NULL,
  note VARCHAR(200) NOT NULL,
  room_id BIGINT NOT NULL,
  video_id BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  paid_at BIGINT NOT NULL DEFAULT 0,
  completed_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  revived INT NOT NULL DEFAULT 0,
  CONSTRAINT uq_order_number UNIQUE (number),
  INDEX ix_order_user (user_id, id),
  INDEX ix_order_shop (shop_id, status, id),
  INDEX ix_order_checkout (checkout_id),
  INDEX ix_order_due (status, due_at),
  INDEX ix_order_shop_paid (shop_id, paid_at),
  INDEX ix_order_room (room_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS order_line (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  title MEDIUMTEXT NOT NULL,
  options_text MEDIUMTEXT NOT NULL,
  picture_url VARCHAR(255) NOT NULL,
  quantity BIGINT NOT NULL,
  unit_price BIGINT NOT NULL,
  subtotal BIGINT NOT NULL,
  adjustments MEDIUMTEXT NOT NULL,
  payable BIGINT NOT NULL,
  INDEX ix_line_order (order_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS order_step (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  status VARCHAR(24) NOT NULL,
  by_kind VARCHAR(16) NOT NULL,
  by_id BIGINT NOT NULL,
  at BIGINT NOT NULL,
  INDEX ix_step_order (order_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS shipment (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  carrier VARCHAR(64) NOT NULL,
  tracking_number VARCHAR(64) NOT NULL,
  shipped_at BIGINT NOT NULL,
  INDEX ix_shipment_order (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
