package realtime

import (
	"context"

	"hawker/internal/platform/httpapi"
)

// listener is whom a connection is counted as: a person, else whoever is at an address.
func listener(ctx context.Context, client string) string {
	if actor := httpapi.ActorFrom(ctx); actor.SignedIn() {
		return actor.User.String()
	}
	if home := httpapi.Home(ctx); home != "" {
		return "at " + home
	}
	return client
}
