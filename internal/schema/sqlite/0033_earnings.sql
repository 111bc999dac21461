-- +goose Up
-- What paid orders brought a promoter, a quarter of an hour of placing them a row.
CREATE TABLE promoter_figure (
  user_id BIGINT NOT NULL,
  currency VARCHAR(3) NOT NULL,
  since BIGINT NOT NULL,
  orders BIGINT NOT NULL DEFAULT 0,
  amount BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, currency, since)
);
INSERT INTO promoter_figure (user_id, currency, since, orders, amount)
SELECT user_id, currency, created_at - created_at % 900000, COUNT(DISTINCT order_id), SUM(kept)
FROM commission_entry WHERE state IN ('frozen', 'available')
GROUP BY user_id, currency, created_at - created_at % 900000;

-- A promoter's commissions in one state are a range.
CREATE INDEX ix_commission_entry_state ON commission_entry (user_id, state, id);
-- Days are read from the figures.
DROP INDEX ix_commission_entry_day;
