-- +goose Up
-- What a shop's orders came to, a quarter of an hour a row; the row at 0 is all of them.
CREATE TABLE trade_figure (
  shop_id BIGINT NOT NULL,
  since BIGINT NOT NULL,
  placed BIGINT NOT NULL DEFAULT 0,
  paid BIGINT NOT NULL DEFAULT 0,
  revenue BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (shop_id, since)
);
INSERT INTO trade_figure (shop_id, since, placed, paid, revenue)
SELECT shop_id, since, SUM(placed), SUM(paid), SUM(revenue) FROM (
  SELECT shop_id, created_at - created_at % 900000 AS since, 1 AS placed, 0 AS paid, 0 AS revenue FROM orders
  UNION ALL SELECT shop_id, paid_at - paid_at % 900000, 0, 1, payable FROM orders WHERE paid_at > 0
  UNION ALL SELECT shop_id, 0, 1, 0, 0 FROM orders
  UNION ALL SELECT shop_id, 0, 0, 1, payable FROM orders WHERE paid_at > 0
) each_order GROUP BY shop_id, since;
