-- +goose Up
-- The field's words: what an order line keeps of its attribution after returns is retained, a room has one auction at a
-- time, and the claims of a lucky bag are closed when nobody may claim any more.
ALTER TABLE order_line_kept RENAME TO order_line_retained;
ALTER TABLE auction_stage RENAME TO room_auction;
ALTER TABLE distribution_tree RENAME COLUMN one TO id;
ALTER TABLE lucky_bag RENAME COLUMN settled TO claims_closed;
