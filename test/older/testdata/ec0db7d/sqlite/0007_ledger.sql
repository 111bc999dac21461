-- +goose Up
CREATE TABLE ledger_account (
  id BIGINT NOT NULL PRIMARY KEY,
  code VARCHAR(96) NOT NULL,
  currency CHAR(3) NOT NULL,
  kind INTEGER NOT NULL,
  side CHAR(1) NOT NULL,
  guard SMALLINT NOT NULL DEFAULT 1,
  debits_posted BIGINT NOT NULL DEFAULT 0,
  credits_posted BIGINT NOT NULL DEFAULT 0,
  debits_pending BIGINT NOT NULL DEFAULT 0,
  credits_pending BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_ledger_account UNIQUE (code, currency),
  CONSTRAINT ck_ledger_side CHECK (side IN ('D', 'C')),
  CONSTRAINT ck_ledger_nonneg CHECK (debits_posted >= 0 AND credits_posted >= 0 AND debits_pending >= 0 AND credits_pending >= 0),
  CONSTRAINT ck_ledger_guard CHECK (guard = 0
    OR (side = 'C' AND debits_posted + debits_pending <= credits_posted)
    OR (side = 'D' AND credits_posted + credits_pending <= debits_posted))
);

-- One row is one business event; the key is derived from the business fact.
CREATE TABLE ledger_tx (
  id BIGINT NOT NULL PRIMARY KEY,
  idem_key VARCHAR(128) NOT NULL,
  idem_hash CHAR(64) NOT NULL,
  kind VARCHAR(40) NOT NULL,
  ref_type VARCHAR(24) NOT NULL,
  ref_id VARCHAR(64) NOT NULL,
  effective_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT uq_ledger_tx_idem UNIQUE (idem_key)
);
CREATE INDEX ix_ledger_tx_ref ON ledger_tx (ref_type, ref_id);

-- phase: 0 single, 1 pending, 2 post, 3 void; a pending transfer is resolved at most once.
CREATE TABLE ledger_transfer (
  id BIGINT NOT NULL PRIMARY KEY,
  tx_id BIGINT NOT NULL,
  seq INTEGER NOT NULL,
  phase SMALLINT NOT NULL,
  pending_id BIGINT NULL,
  currency CHAR(3) NOT NULL,
  debit_id BIGINT NOT NULL,
  credit_id BIGINT NOT NULL,
  amount BIGINT NOT NULL,
  expires_at BIGINT NULL,
  CONSTRAINT uq_ledger_transfer_seq UNIQUE (tx_id, seq),
  CONSTRAINT uq_ledger_transfer_resolve UNIQUE (pending_id),
  CONSTRAINT ck_ledger_transfer_amount CHECK (amount > 0 OR (phase = 3 AND amount = 0)),
  CONSTRAINT ck_ledger_transfer_sides CHECK (debit_id <> credit_id),
  CONSTRAINT ck_ledger_transfer_phase CHECK ((phase IN (0, 1) AND pending_id IS NULL) OR (phase IN (2, 3) AND pending_id IS NOT NULL)),
  CONSTRAINT fk_ledger_transfer_tx FOREIGN KEY (tx_id) REFERENCES ledger_tx (id),
  CONSTRAINT fk_ledger_transfer_debit FOREIGN KEY (debit_id) REFERENCES ledger_account (id),
  CONSTRAINT fk_ledger_transfer_credit FOREIGN KEY (credit_id) REFERENCES ledger_account (id),
  CONSTRAINT fk_ledger_transfer_pending FOREIGN KEY (pending_id) REFERENCES ledger_transfer (id)
);
CREATE INDEX ix_ledger_transfer_debit ON ledger_transfer (debit_id, id);
CREATE INDEX ix_ledger_transfer_credit ON ledger_transfer (credit_id, id);

-- History is corrected by more history. The program holds
-- that: see schema.Histories.
