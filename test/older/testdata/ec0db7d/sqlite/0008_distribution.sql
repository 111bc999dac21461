-- +goose Up
-- Who brought whom. bound_until 0 is for ever; parent_id 0 is nobody.
CREATE TABLE distributor (
  user_id BIGINT NOT NULL PRIMARY KEY,
  disabled SMALLINT NOT NULL DEFAULT 0,
  parent_id BIGINT NOT NULL DEFAULT 0,
  bound_at BIGINT NOT NULL DEFAULT 0,
  bound_until BIGINT NOT NULL DEFAULT 0,
  bind_source VARCHAR(16) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  CONSTRAINT ck_distributor_self CHECK (parent_id <> user_id)
);
CREATE INDEX ix_distributor_parent ON distributor (parent_id, bound_at);

-- One row, updated first by whoever moves a branch of the tree: two moves at once could make a loop.
CREATE TABLE distribution_tree (
  one SMALLINT NOT NULL PRIMARY KEY,
  moves BIGINT NOT NULL
);

CREATE TABLE bind_event (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  old_parent BIGINT NOT NULL,
  new_parent BIGINT NOT NULL,
  source VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX ix_bind_event_user ON bind_event (user_id, id);

-- A short code for one user and one target; it reveals neither.
CREATE TABLE share_link (
  id BIGINT NOT NULL PRIMARY KEY,
  code VARCHAR(16) NOT NULL,
  user_id BIGINT NOT NULL,
  target_kind VARCHAR(12) NOT NULL,
  target_id BIGINT NOT NULL,
  visits BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_share_link_code UNIQUE (code),
  CONSTRAINT uq_share_link_target UNIQUE (user_id, target_kind, target_id)
);

-- What an order shares out. state: estimated, frozen (paid), available (window over), void.
CREATE TABLE commission_order (
  order_id BIGINT NOT NULL PRIMARY KEY,
  order_number VARCHAR(32) NOT NULL,
  shop_id BIGINT NOT NULL,
  buyer_id BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  attr_source VARCHAR(16) NOT NULL,
  shipping BIGINT NOT NULL,
  shipping_kept BIGINT NOT NULL,
  state VARCHAR(12) NOT NULL,
  mature_at BIGINT NOT NULL DEFAULT 0,
  holds INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT ck_commission_order_shipping CHECK (shipping_kept >= 0 AND shipping_kept <= shipping),
  CONSTRAINT ck_commission_order_holds CHECK (holds >= 0)
);
CREATE INDEX ix_commission_order_due ON commission_order (state, holds, mature_at);

-- The calculation of a line as it was when the order was created; never changed.
CREATE TABLE order_line_attribution (
  line_id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  title TEXT NOT NULL,
  snapshot TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX ix_order_line_attribution_order ON order_line_attribution (order_id);

-- What refunds have left of a line.
CREATE TABLE order_line_kept (
  line_id BIGINT NOT NULL PRIMARY KEY,
  cash BIGINT NOT NULL,
  units BIGINT NOT NULL,
  anchor_cash BIGINT NOT NULL,
  anchor_units BIGINT NOT NULL,
  allowed SMALLINT NOT NULL
);

CREATE TABLE commission_entry (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  line_id BIGINT NOT NULL,
  level SMALLINT NOT NULL,
  user_id BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  base BIGINT NOT NULL,
  rate_bp BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  kept BIGINT NOT NULL,
  state VARCHAR(12) NOT NULL,
  available_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_commission_entry_line UNIQUE (line_id, level),
  CONSTRAINT ck_commission_entry_kept CHECK (kept >= 0 AND kept <= amount)
);
CREATE INDEX ix_commission_entry_user ON commission_entry (user_id, id);
CREATE INDEX ix_commission_entry_day ON commission_entry (user_id, created_at);
CREATE INDEX ix_commission_entry_order ON commission_entry (order_id);

-- One row for each refund that was counted, with what it took back.
CREATE TABLE commission_refund (
  refund_id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  request_hash CHAR(64) NOT NULL,
  result TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX ix_commission_refund_order ON commission_refund (order_id);

CREATE TABLE commission_reversal (
  refund_id BIGINT NOT NULL,
  entry_id BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (refund_id, entry_id)
);

INSERT INTO distribution_tree (one, moves) VALUES (1, 0);

-- What was promised and who brought whom is corrected by more rows, never rewritten. The program holds
-- that: see schema.Histories.
