package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"hawker/internal/base/id"
)

// Decisions of the payer.
const (
	decideApprove = "approve"
	decideDecline = "decline"
	decideLate    = "late"
)

// choice is what the payer pressed; a nil scenario leaves the merchant's.
type choice struct {
	decision string
	scenario *string
}

// decide carries out what the payer chose and answers where he goes next.
func (s *Service) decide(ctx context.Context, payment string, c choice) (returnURL string, err error) {
	now := s.clock.Now()
	err = s.store.update(ctx, func(tx *sql.Tx) error {
		p, found, err := findPaymentByID(ctx, tx, payment)
		if err != nil {
			return err
		}
		if !found {
			return refuse(404, CodeNotFound, "no such payment")
		}
		returnURL = p.returnURL
		if c.scenario != nil && p.Status == StatusPending {
			p.scenario = *c.scenario
			if err := setScenario(tx, p.ID, p.scenario); err != nil {
				return err
			}
		}
		return apply(tx, p, c.decision, now)
	})
	if err == nil {
		s.nudge()
	}
	return returnURL, err
}

// apply moves the payment. Deciding again changes nothing: the payer may press
// twice or go back.
func apply(tx *sql.Tx, p paymentRow, decision string, now time.Time) error {
	expired := !now.Before(p.ExpiresAt)
	switch {
	case p.Status == StatusSucceeded || p.Status == StatusFailed:
		return nil
	case decision == decideLate && !expired:
		return setPayLate(tx, p.ID)
	case decision == decideLate:
		return settle(tx, p, StatusSucceeded, now)
	case p.Status == StatusClosed || expired:
		return refuse(409, StatusClosed, "the payment is closed")
	case decision == decideApprove:
		return settle(tx, p, StatusSucceeded, now)
	case decision == decideDecline:
		return settle(tx, p, StatusFailed, now)
	}
	return refuse(400, CodeBadRequest, "unknown decision")
}

// settle ends a payment and queues its notification in the same transaction.
func settle(tx *sql.Tx, p paymentRow, status string, now time.Time) error {
	paidAt, kind := now, EventPaymentSucceeded
	if status == StatusFailed {
		paidAt, kind = time.Time{}, EventPaymentFailed
	}
	moved, err := setStatus(tx, p.ID, p.Status, status, paidAt)
	if err != nil || !moved {
		return err
	}
	return notify(tx, p, kind, EventData{
		OutTradeNo: p.OutTradeNo, ProviderRef: p.ID, Amount: p.Amount, Currency: p.Currency, Status: status,
	}, now)
}

func notify(tx *sql.Tx, p paymentRow, kind string, data EventData, now time.Time) error {
	d := delivery{id: "sbx_evt_" + id.Token(), url: p.notifyURL, copies: 1}
	switch p.scenario {
	case ScenarioSilent:
		return nil
	case ScenarioDuplicate:
		d.copies = 3
	case ScenarioWrongAmount:
		data.Amount++
	case ScenarioBadSignature, ScenarioOldTimestamp:
		d.defect = p.scenario
	}
	body, err := json.Marshal(Event{ID: d.id, Type: kind, CreatedAt: now, MerchantID: p.merchant, Data: data})
	if err != nil {
		return err
	}
	d.body = body
	return enqueue(tx, d, now)
}

// payLate lets the money of those arrive who waited until their payment had expired.
func (s *Service) payLate(ctx context.Context, now time.Time) error {
	late, err := s.store.dueLate(ctx, now)
	if err != nil {
		return err
	}
	for _, payment := range late {
		if _, err := s.decide(ctx, payment, choice{decision: decideLate}); err != nil {
			return err
		}
	}
	expired, err := s.store.dueExpired(ctx, now)
	if err != nil {
		return err
	}
	for _, payment := range expired {
		err := s.store.update(ctx, func(tx *sql.Tx) error {
			_, err := setStatus(tx, payment, StatusPending, StatusClosed, time.Time{})
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
