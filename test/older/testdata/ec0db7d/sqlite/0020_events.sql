-- +goose Up
-- Who has taken an event stands in its row; the inbox, a row for each subscriber, is not needed any more.
ALTER TABLE outbox ADD COLUMN taken VARCHAR(1000) NOT NULL DEFAULT '';
DROP TABLE inbox;
-- Workers look for the earliest due job of a kind; idle ones sleep until then.
CREATE INDEX ix_job_kind ON job (kind, state, due_at, id);
-- Histories are kept by the program (schema.Histories): TiDB has no triggers.
DROP TRIGGER IF EXISTS ledger_tx_no_update;
DROP TRIGGER IF EXISTS ledger_tx_no_delete;
DROP TRIGGER IF EXISTS ledger_transfer_no_update;
DROP TRIGGER IF EXISTS ledger_transfer_no_delete;
DROP TRIGGER IF EXISTS bind_event_no_update;
DROP TRIGGER IF EXISTS bind_event_no_delete;
DROP TRIGGER IF EXISTS order_line_attribution_no_update;
DROP TRIGGER IF EXISTS order_line_attribution_no_delete;
DROP TRIGGER IF EXISTS commission_reversal_no_update;
DROP TRIGGER IF EXISTS commission_reversal_no_delete;
