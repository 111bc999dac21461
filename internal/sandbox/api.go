package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"hawker/internal/base/id"
)

const (
	bodyMax        = 64 << 10
	numberMax      = 64 // characters of a merchant's number
	textMax        = 256
	urlMax         = 2048
	expiryMax      = 30 * 24 * time.Hour
	statementsDate = "2006-01-02"
)

func refuse(status int, code, text string) *APIError {
	return &APIError{Status: status, Code: code, Message: text}
}

func (s *Service) newRoutes() (http.Handler, error) {
	pages, err := s.newPages()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/merchants", s.register)
	mux.HandleFunc("POST /v1/payments", signed(s, s.createPayment))
	mux.HandleFunc("GET /v1/payments/{no}", signed(s, s.queryPayment))
	mux.HandleFunc("POST /v1/payments/{no}/close", signed(s, s.closePayment))
	mux.HandleFunc("POST /v1/refunds", signed(s, s.createRefund))
	mux.HandleFunc("GET /v1/refunds/{no}", signed(s, s.queryRefund))
	mux.HandleFunc("GET /v1/statement", signed(s, s.statement))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	pages.mount(mux)
	return onlyLocal(mux), nil
}

// onlyLocal refuses what does not come from this machine, and names that were
// pointed at it from outside (DNS rebinding).
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.RemoteAddr) || !isLoopback(r.Host) {
			http.Error(w, ErrNotLoopback.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// register makes a merchant known. It needs no signature: nobody but this
// machine can ask.
func (s *Service) register(w http.ResponseWriter, r *http.Request) {
	var in Registration
	err := json.NewDecoder(io.LimitReader(r.Body, bodyMax)).Decode(&in)
	if _, keyErr := ParsePublicKey(in.PublicKey); err != nil || keyErr != nil || in.Name == "" ||
		len(in.Name) > textMax {
		s.answer(w, nil, refuse(400, CodeBadRequest, "want name and public_key (base64 of 32 bytes)"))
		return
	}
	merchant, err := s.store.registerMerchant(r.Context(), in, s.clock.Now())
	s.answer(w, Merchant{
		MerchantID: merchant, ProviderPublicKey: formatPublicKey(s.PublicKey()),
		KeyID: KeyID(s.PublicKey()),
	}, err)
}

// call is a request whose signature was verified.
type call struct {
	ctx      context.Context
	http     *http.Request
	merchant string
	body     []byte
	now      time.Time
}

func signed[O any](s *Service, handle func(c call) (O, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := call{ctx: r.Context(), http: r, merchant: r.Header.Get(headerMerchant), now: s.clock.Now()}
		var err error
		if c.body, err = io.ReadAll(io.LimitReader(r.Body, bodyMax)); err != nil {
			s.answer(w, nil, refuse(400, CodeBadRequest, "body unreadable"))
			return
		}
		key, err := s.store.merchantKey(c.ctx, c.merchant)
		if err == nil {
			err = verifyRequest(r, key, c.now, c.body)
		}
		if err != nil {
			s.answer(w, nil, refuse(401, CodeUnauthorized, err.Error()))
			return
		}
		out, err := handle(c)
		s.answer(w, out, err)
	}
}

// answer writes a signed answer.
func (s *Service) answer(w http.ResponseWriter, out any, err error) {
	status := http.StatusOK
	if err != nil {
		var known *APIError
		if !errors.As(err, &known) {
			s.log.Error("sandbox request", "error", err)
			known = refuse(500, CodeInternal, "the provider failed")
		}
		out, status = known, known.Status
	}
	body, err := json.Marshal(out)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	signAnswer(w.Header(), s.key, s.clock.Now(), body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.log.Debug("sandbox answer not written", "error", err)
	}
}

func (r PaymentRequest) valid(now time.Time) error {
	switch {
	case r.OutTradeNo == "" || len(r.OutTradeNo) > numberMax:
		return refuse(400, CodeBadRequest, "out_trade_no")
	case r.Amount <= 0:
		return refuse(400, CodeBadRequest, "amount")
	case !r.Currency.Valid():
		return refuse(400, CodeBadRequest, "currency")
	case len(r.Description) > textMax:
		return refuse(400, CodeBadRequest, "description")
	case !webAddress(r.NotifyURL):
		return refuse(400, CodeBadRequest, "notify_url")
	case !webAddress(r.ReturnURL):
		return refuse(400, CodeBadRequest, "return_url")
	case !r.ExpiresAt.After(now) || r.ExpiresAt.After(now.Add(expiryMax)):
		return refuse(400, CodeBadRequest, "expires_at")
	case !slices.Contains(scenarios(), r.Scenario):
		return refuse(400, CodeBadRequest, "scenario")
	}
	return nil
}

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= urlMax && u.Host != "" && u.User == nil && (u.Scheme == "http" ||
		u.Scheme == "https")
}

func (s *Service) createPayment(c call) (out Payment, err error) {
	var in PaymentRequest
	if err := json.Unmarshal(c.body, &in); err != nil {
		return out, refuse(400, CodeBadRequest, "body is not the JSON of a payment")
	}
	err = s.store.update(c.ctx, func(tx *sql.Tx) error {
		was, found, err := findPayment(c.ctx, tx, c.merchant, in.OutTradeNo)
		if err != nil {
			return err
		}
		if found {
			if was.Amount != in.Amount || was.Currency != in.Currency {
				return refuse(409, CodeConflict, "out_trade_no is taken by another amount")
			}
			out = was.Payment
			return nil
		}
		if err := in.valid(c.now); err != nil {
			return err
		}
		payment := "sbx_pay_" + id.Token()
		out = Payment{
			ID: payment, OutTradeNo: in.OutTradeNo, Amount: in.Amount, Currency: in.Currency, Status: StatusPending,
			PayURL: s.base(c.http) + "/pay/" + payment, CreatedAt: c.now, ExpiresAt: in.ExpiresAt.UTC().
				Truncate(time.Millisecond),
		}
		return insertPayment(tx, c.merchant, out, in)
	})
	return out, err
}

func (s *Service) base(r *http.Request) string {
	if s.baseURL != "" {
		return s.baseURL
	}
	return "http://" + r.Host
}

func (s *Service) queryPayment(c call) (Payment, error) {
	p, found, err := findPayment(c.ctx, s.store.db, c.merchant, c.http.PathValue("no"))
	if err == nil && !found {
		err = refuse(404, CodeNotFound, "no such payment")
	}
	return p.Payment, err
}

// closePayment ends a payment before it is paid. Money that comes later all the
// same is the merchant's to give back.
func (s *Service) closePayment(c call) (out Payment, err error) {
	err = s.store.update(c.ctx, func(tx *sql.Tx) error {
		p, found, err := findPayment(c.ctx, tx, c.merchant, c.http.PathValue("no"))
		switch {
		case err != nil:
			return err
		case !found:
			return refuse(404, CodeNotFound, "no such payment")
		case p.Status == StatusSucceeded:
			return refuse(409, CodeAlreadyPaid, "the payment has succeeded")
		case p.Status == StatusPending:
			late := p.payLate
			if _, err := setStatus(tx, p.ID, StatusPending, StatusClosed, time.Time{}); err != nil {
				return err
			}
			if late { // closing does not stop money that is on its way
				err = setPayLate(tx, p.ID)
			}
			p.Status = StatusClosed
		}
		out = p.Payment
		return err
	})
	return out, err
}

func (s *Service) createRefund(c call) (out Refund, err error) {
	var in RefundRequest
	if err := json.Unmarshal(c.body, &in); err != nil || in.OutRefundNo == "" || len(in.OutRefundNo) > numberMax ||
		in.Amount <= 0 {
		return out, refuse(400, CodeBadRequest, "want out_refund_no, out_trade_no and amount")
	}
	err = s.store.update(c.ctx, func(tx *sql.Tx) error {
		was, found, err := findRefund(c.ctx, tx, c.merchant, in.OutRefundNo)
		if err != nil {
			return err
		}
		if found {
			if was.Amount != in.Amount || was.OutTradeNo != in.OutTradeNo {
				return refuse(409, CodeConflict, "out_refund_no is taken by another refund")
			}
			out = was
			return nil
		}
		out, err = makeRefund(tx, c, in)
		return err
	})
	if err == nil {
		s.nudge()
	}
	return out, err
}

func makeRefund(tx *sql.Tx, c call, in RefundRequest) (Refund, error) {
	p, found, err := findPayment(c.ctx, tx, c.merchant, in.OutTradeNo)
	switch {
	case err != nil:
		return Refund{}, err
	case !found:
		return Refund{}, refuse(404, CodeNotFound, "no such payment")
	case p.Status != StatusSucceeded:
		return Refund{}, refuse(409, CodeNotPaid, "the payment has not succeeded")
	}
	r := Refund{
		ID: "sbx_rfd_" + id.Token(), OutRefundNo: in.OutRefundNo, OutTradeNo: in.OutTradeNo,
		Amount: in.Amount, Currency: p.Currency, Status: StatusSucceeded, CreatedAt: c.now,
	}
	fits, err := insertRefund(tx, p, r)
	if err != nil {
		return Refund{}, err
	}
	if !fits {
		return Refund{}, refuse(409, CodeExceedsPaid, "more than is left of the payment")
	}
	return r, notify(tx, p, EventRefundSucceeded, EventData{
		OutTradeNo: r.OutTradeNo, OutRefundNo: r.OutRefundNo, ProviderRef: r.ID, Amount: r.Amount, Currency: r.Currency,
		Status: r.Status,
	}, c.now)
}

func (s *Service) queryRefund(c call) (Refund, error) {
	r, found, err := findRefund(c.ctx, s.store.db, c.merchant, c.http.PathValue("no"))
	if err == nil && !found {
		err = refuse(404, CodeNotFound, "no such refund")
	}
	return r, err
}

func (s *Service) statement(c call) (Statement, error) {
	date := c.http.URL.Query().Get("date")
	from, err := time.Parse(statementsDate, date)
	if err != nil {
		return Statement{}, refuse(400, CodeBadRequest, "date, as 2026-11-22")
	}
	lines, err := s.store.statement(c.ctx, c.merchant, from, from.AddDate(0, 0, 1))
	return Statement{Date: date, Lines: lines}, err
}
