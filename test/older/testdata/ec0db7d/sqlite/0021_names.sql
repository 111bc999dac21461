-- +goose Up
-- The field's words: who moved an order is its actor, what a provider says is a notification, and a person who may not
-- speak, or not enter, is restricted.
ALTER TABLE order_step RENAME TO order_status_history;
ALTER TABLE order_status_history RENAME COLUMN by_kind TO actor_kind;
ALTER TABLE order_status_history RENAME COLUMN by_id TO actor_id;
ALTER TABLE payment_notice RENAME TO payment_notification;
ALTER TABLE payment_notification RENAME COLUMN notice_id TO notification_id;
ALTER TABLE silenced RENAME TO restriction;
