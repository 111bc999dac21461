-- +goose Up
-- Who brought whom. bound_until 0 is for ever; parent_id 0 is nobody.
CREATE TABLE IF NOT EXISTS distributor (
  user_id BIGINT NOT NULL PRIMARY KEY,
  disabled SMALLINT NOT NULL DEFAULT 0,
  parent_id BIGINT NOT NULL DEFAULT 0,
  bound_at BIGINT NOT NULL DEFAULT 0,
  bound_until BIGINT NOT NULL DEFAULT 0,
  bind_source VARCHAR(16) NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  CONSTRAINT ck_distributor_self CHECK (parent_id <> user_id),
  INDEX ix_distributor_parent (parent_id, bound_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row, updated first by whoever moves a branch of the tree: two moves at once could make a loop.
CREATE TABLE IF NOT EXISTS distribution_tree (
  one SMALLINT NOT NULL PRIMARY KEY,
  moves BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS bind_event (
  id BIGINT NOT NULL PRIMARY KEY,
  user_id BIGINT NOT NULL,
  old_parent BIGINT NOT NULL,
  new_parent BIGINT NOT NULL,
  source VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  INDEX ix_bind_event_user (user_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A short code for one user and one target; it reveals neither.
CREATE TABLE IF NOT EXISTS share_link (
  id BIGINT NOT NULL PRIMARY KEY,
  code VARCHAR(16) NOT NULL,
  user_id BIGINT NOT NULL,
  target_kind VARCHAR(12) NOT NULL,
  target_id BIGINT NOT NULL,
  visits BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_share_link_code UNIQUE (code),
  CONSTRAINT uq_share_link_target UNIQUE (user_id, target_kind, target_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What an order shares out. state: estimated, frozen (paid), available (window over), void.
CREATE TABLE IF NOT EXISTS commission_order (
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
  holds INT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT ck_commission_order_shipping CHECK (shipping_kept >= 0 AND shipping_kept <= shipping),
  CONSTRAINT ck_commission_order_holds CHECK (holds >= 0),
  INDEX ix_commission_order_due (state, holds, mature_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The calculation of a line as it was when the order was created; never changed.
CREATE TABLE IF NOT EXISTS order_line_attribution (
  line_id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  title MEDIUMTEXT NOT NULL,
  snapshot MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  INDEX ix_order_line_attribution_order (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What refunds have left of a line.
CREATE TABLE IF NOT EXISTS order_line_kept (
  line_id BIGINT NOT NULL PRIMARY KEY,
  cash BIGINT NOT NULL,
  units BIGINT NOT NULL,
  anchor_cash BIGINT NOT NULL,
  anchor_units BIGINT NOT NULL,
  allowed SMALLINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS commission_entry (
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
  CONSTRAINT ck_commission_entry_kept CHECK (kept >= 0 AND kept <= amount),
  INDEX ix_commission_entry_user (user_id, id),
  INDEX ix_commission_entry_day (user_id, created_at),
  INDEX ix_commission_entry_order (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row for each refund that was counted, with what it took back.
CREATE TABLE IF NOT EXISTS commission_refund (
  refund_id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  request_hash CHAR(64) NOT NULL,
  result MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL,
  INDEX ix_commission_refund_order (order_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS commission_reversal (
  refund_id BIGINT NOT NULL,
  entry_id BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (refund_id, entry_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT IGNORE INTO distribution_tree (one, moves) VALUES (1, 0);

-- What was promised and who brought whom is corrected by more rows, never rewritten. The program holds
-- that: see schema.Histories.
