// Package mail sends letters: plain text, one person each. A letter is a job written in
// the transaction that has a reason for it, sealed, because it may hold a code; a worker
// sends it by SMTP, or writes it to the log where no server is set, so that the operator
// of a new installation can read it there. What is written in letters is not its job.
package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// Letter is what is sent.
type Letter struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Sender sends a letter or says why not.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

const (
	kind    = "mail.send"
	seal    = "letter"
	workers = 2
	lease   = 2 * time.Minute
	tries   = 8
)

type payload struct {
	Sealed string `json:"sealed"`
}

// Post has a letter sent when the transaction is over.
func Post(ctx context.Context, tx *sqldb.Tx, box *secret.Box, l Letter) error {
	raw, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return jobs.Enqueue(ctx, tx, jobs.Job{Kind: kind, Payload: payload{box.Seal(raw, seal)}})
}

// Kind is the job that sends.
func Kind(box *secret.Box, s Sender) jobs.Kind {
	return jobs.Kind{
		Name: kind, Options: jobs.Options{Workers: workers, Lease: lease, Tries: tries},
		Work: func(ctx context.Context, r jobs.Run) error {
			var p payload
			var l Letter
			if err := r.Decode(&p); err != nil {
				return err
			}
			raw, err := box.Open(p.Sealed, seal)
			if err == nil {
				err = json.Unmarshal(raw, &l)
			}
			if err != nil {
				return err
			}
			return s.Send(ctx, l)
		},
	}
}

// Sealed is what waits to be sent.
func Sealed() []module.Sealed { return []module.Sealed{module.SealedJob("letters", kind, seal)} }

// Log writes letters down in place of sending them.
type Log struct{ Log *slog.Logger }

// Send implements Sender.
func (l Log) Send(_ context.Context, m Letter) error {
	l.Log.Info("a letter was not sent: mail.server is not set", "to", m.To, "subject", m.Subject, "text",
		fmt.Sprintf("\n%s", m.Text))
	return nil
}
