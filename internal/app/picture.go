package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/media/stream"
	"hawker/internal/platform/httpapi"
)

// The pictures of a warm-up or a rehearsal are for the shop's staff, by whichever
// protocol they are asked for. Nothing is asked of the database for a public room.

// mayWatch guards what is asked for by HTTP.
func (a *App) mayWatch(w http.ResponseWriter, r *http.Request) bool {
	private, err := a.staffOnly(r.Context(), r.PathValue("room"))
	if private {
		w.Header().Set("Cache-Control", "private, no-store")
	}
	if err != nil {
		a.api.WriteProblem(w, r, err)
	}
	return err == nil
}

// mayWatchRTC guards WHEP.
func (a *App) mayWatchRTC(ctx context.Context, streamID string, _ *http.Request) error {
	_, err := a.staffOnly(ctx, streamID)
	return err
}

// MayPlay guards RTMP, where nobody signs in.
func (a *App) MayPlay(ctx context.Context, r stream.PlayRequest) error {
	_, err := a.staffOnly(ctx, r.StreamID)
	return err
}

func (a *App) staffOnly(ctx context.Context, streamID string) (private bool, err error) {
	var room id.Room
	if room.UnmarshalText([]byte(streamID)) != nil {
		return false, nil // an unlisted stream of open publishing
	}
	shop, private := a.Live.Private(room)
	if !private {
		return false, nil
	}
	if actor := httpapi.ActorFrom(ctx); actor.SignedIn() {
		may, err := a.Shops.May(ctx, actor.User, shop, permission.LiveModerate)
		if err != nil || may {
			return true, err
		}
	}
	return true, fault.NotFound("live.not_found")
}

// guardRooms keeps everything that is asked of a private room by its id, whichever
// module answers, for the shop's staff. The room itself decides for warm-ups,
// which have a waiting page.
func (a *App) guardRooms(r *http.Request) error {
	rest, ok := strings.CutPrefix(r.URL.Path, httpapi.Prefix+"/live/rooms/")
	room, what, _ := strings.Cut(rest, "/")
	if !ok || !slices.Contains([]string{"deals", "coupons", "auction", "auctions", "bags"}, strings.SplitN(what, "/",
		2)[0]) {
		return nil
	}
	_, err := a.staffOnly(r.Context(), room)
	return err
}

// listenTLS opens the door for encoders that publish by TLS.
func (a *App) listenTLS(ctx context.Context) error {
	c := a.cfg.Live
	if c.RTMPS == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return fmt.Errorf("rtmps certificate: %w", err)
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", c.RTMPS)
	if err != nil {
		return fmt.Errorf("rtmps address: %w", err)
	}
	a.lnRTMPS = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	return nil
}
