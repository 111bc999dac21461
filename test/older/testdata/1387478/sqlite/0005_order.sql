-- +goose Up
CREATE TABLE cart_item (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  quantity BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_cart_sku UNIQUE (user_id, sku_id)
);

-- One checkout makes one payment and one order per shop.
CREATE TABLE checkout (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  payable BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  pay_by BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE orders (
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
  address_sealed TEXT NOT NULL,
  note VARCHAR(200) NOT NULL,
  room_id BIGINT NOT NULL,
  video_id BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  paid_at BIGINT NOT NULL DEFAULT 0,
  completed_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  revived INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT uq_order_number UNIQUE (number)
);
CREATE INDEX ix_order_user ON orders (user_id, id);
CREATE INDEX ix_order_shop ON orders (shop_id, status, id);
CREATE INDEX ix_order_checkout ON orders (checkout_id);
CREATE INDEX ix_order_due ON orders (status, due_at);
CREATE INDEX ix_order_shop_paid ON orders (shop_id, paid_at);
CREATE INDEX ix_order_room ON orders (room_id);

CREATE TABLE order_line (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  sku_id BIGINT NOT NULL,
  product_id BIGINT NOT NULL,
  title TEXT NOT NULL,
  options_text TEXT NOT NULL,
  picture_url VARCHAR(255) NOT NULL,
  quantity BIGINT NOT NULL,
  unit_price BIGINT NOT NULL,
  subtotal BIGINT NOT NULL,
  adjustments TEXT NOT NULL,
  payable BIGINT NOT NULL
);
CREATE INDEX ix_line_order ON order_line (order_id, id);

CREATE TABLE order_step (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  status VARCHAR(24) NOT NULL,
  by_kind VARCHAR(16) NOT NULL,
  by_id BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX ix_step_order ON order_step (order_id, id);

CREATE TABLE shipment (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  shop_id BIGINT NOT NULL,
  carrier VARCHAR(64) NOT NULL,
  tracking_number VARCHAR(64) NOT NULL,
  shipped_at BIGINT NOT NULL
);
CREATE INDEX ix_shipment_order ON shipment (order_id);
