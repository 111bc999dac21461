package mailbox

import (
	"log/slog"

	"hawker/internal/platform/config"
	"hawker/internal/platform/mail"
)

// SenderOf sends letters, or writes them to the log while no server is set.
func SenderOf(m config.Mail, log *slog.Logger) mail.Sender {
	if m.Server == "" {
		return mail.Log{Log: log}
	}
	return mail.SMTP{Server: m.Server, Security: m.Security, User: m.User, Password: m.Password, From: m.From}
}
