-- +goose Up
CREATE TABLE IF NOT EXISTS payment (
  id BIGINT NOT NULL PRIMARY KEY,
  checkout_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  provider VARCHAR(24) NOT NULL,
  provider_ref VARCHAR(64) NOT NULL DEFAULT '',
  amount BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  status VARCHAR(16) NOT NULL,
  pay_url VARCHAR(512) NOT NULL DEFAULT '',
  return_url VARCHAR(512) NOT NULL,
  expires_at BIGINT NOT NULL,
  poll_at BIGINT NOT NULL,
  polls INT NOT NULL DEFAULT 0,
  paid_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  INDEX ix_payment_checkout (checkout_id, id),
  INDEX ix_payment_poll (status, poll_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Notifications taken, so that a second copy has no second effect.
CREATE TABLE IF NOT EXISTS payment_notice (
  provider VARCHAR(24) NOT NULL,
  notice_id VARCHAR(64) NOT NULL,
  payment_id BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  PRIMARY KEY (provider, notice_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Money that goes back: late, doubled or for goods that are no longer there.
CREATE TABLE IF NOT EXISTS refund (
  id BIGINT NOT NULL PRIMARY KEY,
  payment_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  currency CHAR(3) NOT NULL,
  status VARCHAR(16) NOT NULL,
  reason VARCHAR(32) NOT NULL,
  created_at BIGINT NOT NULL,
  done_at BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT uq_refund UNIQUE (payment_id, order_id, reason)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Our account at a provider; the private key is sealed.
CREATE TABLE IF NOT EXISTS payment_merchant (
  provider VARCHAR(24) NOT NULL PRIMARY KEY,
  merchant_id VARCHAR(64) NOT NULL,
  sealed_key MEDIUMTEXT NOT NULL,
  provider_keys MEDIUMTEXT NOT NULL,
  created_at BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
