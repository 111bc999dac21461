// Package bench measures the program from outside: it starts a server of its own
// on a folder that is thrown away, drives it over HTTP and RTMP, and reads what
// that cost from the operating system. Each figure stands beside a floor taken in
// the same run (an empty answer of the same server), because on a shared machine
// only ratios and CPU time mean anything. It tests nothing.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"hawker/internal/base/id"
)

// quantile is the value below which a share q of sorted values lies (nearest rank);
// zero of none.
func quantile[T cmp.Ordered](sorted []T, q float64) T {
	var none T
	if len(sorted) == 0 {
		return none
	}
	return sorted[int(q*float64(len(sorted)-1))]
}

// Bench is one run.
type Bench struct {
	out     io.Writer
	program string // whose server is measured
	figures []Figure
	server  *server
	size    Large
	needs   string // a peer that must be there
}

// Options choose what is measured.
type Options struct {
	Areas  []string // of Areas(); empty: all
	Window time.Duration
	Out    io.Writer // a line for each figure as it comes
	// Beside is an earlier build of this program: it is measured in the same run, area
	// by area, and each figure of ours stands beside its own, as a ratio.
	Beside string
	Peer   string // one that must be there: nginx-rtmp; "": it is measured where it is
	Large  Large
}

// Areas lists what is measured when nothing is chosen. Besides there are "ingest", "floor" and "glass", parts of "live"
// by themselves, "large", which fills a mall for minutes, and "video", which keeps every core at work for one.
func Areas() []string { return []string{"idle", "shop", "live", "chat"} }

// Run measures and answers all figures.
func Run(ctx context.Context, o Options) ([]Figure, error) {
	if len(o.Areas) == 0 {
		o.Areas = Areas()
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &Bench{out: o.Out, program: self, size: o.Large, needs: o.Peer}
	other := &Bench{program: o.Beside, size: o.Large}
	for _, area := range o.Areas { // before the first is measured for minutes
		if b.measure(area) == nil {
			return nil, fmt.Errorf("%s: no such area; there are ingest, floor, glass, large, video, %v", area, Areas())
		}
	}
	for _, area := range o.Areas {
		if err := b.area(ctx, area, o.Window); err != nil {
			return b.figures, fmt.Errorf("%s: %w", area, err)
		}
		if o.Beside == "" || area == videoArea {
			continue
		}
		if err := other.area(ctx, area, o.Window); err != nil {
			return b.figures, fmt.Errorf("%s of %s: %w", area, o.Beside, err)
		}
		b.compare(area, other.figures)
	}
	return b.figures, nil
}

// compare adds how much of the other's figure each of ours is.
func (b *Bench) compare(area string, others []Figure) {
	for _, f := range b.figures {
		at := slices.IndexFunc(others, func(o Figure) bool { return o.Area == area && o.Name == f.Name })
		if f.Area == area && at >= 0 && others[at].Unit == f.Unit && others[at].Value != 0 {
			b.add(Figure{Area: area, Name: f.Name, Value: f.Value / others[at].Value, Unit: besideUnit})
		}
	}
}

// besideUnit is that of a ratio to the build beside.
const besideUnit = "× beside"

// measure is how an area is measured; nil for one that there is not.
func (b *Bench) measure(area string) func(ctx context.Context, window time.Duration) error {
	return map[string]func(context.Context, time.Duration) error{
		"idle": b.idle, "shop": b.shop, "live": b.live, "ingest": b.ingestAlone, "floor": b.floorAlone,
		"glass": b.glassAlone, "chat": b.chat, "large": b.large, "video": b.video,
	}[area]
}

func (b *Bench) area(ctx context.Context, area string, window time.Duration) (err error) {
	if area == videoArea { // no server has a part in it
		return b.video(ctx, window)
	}
	small := mall{}
	if area == "large" {
		small = mallOf(smallMall())
	}
	if b.server, err = startServer(ctx, b.program, small); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.server.stop()) }()
	return b.measure(area)(ctx, window)
}

func (b *Bench) add(f Figure) {
	b.figures = append(b.figures, f)
	if b.out != nil {
		fmt.Fprintln(b.out, f)
	}
}

// note says something that is no figure.
func (b *Bench) note(text string) {
	if b.out != nil {
		fmt.Fprintln(b.out, text)
	}
}

// server is the program under measurement.
type server struct {
	dir, http, rtmp string
	// An nginx-rtmp that is told about may feed rooms.
	edgeHTTP, edgeRTMP, secret string
	cmd                        *exec.Cmd
	done                       chan error
}

const readyWithin = 20 * time.Second

// mall is the data that a server is started on.
type mall struct {
	data string   // of an installation that is there already and stays; "": one is made and thrown away
	fill []string // what demo is told besides
}

func startServer(ctx context.Context, program string, m mall) (_ *server, err error) {
	dir, err := os.MkdirTemp("", "hawker-bench-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	data := m.data
	if data == "" {
		data = filepath.Join(dir, "data")
	}
	addrs, err := freeAddresses(5)
	if err != nil {
		return nil, err
	}
	s := &server{
		dir: dir, http: addrs[0], rtmp: addrs[1], edgeHTTP: addrs[3], edgeRTMP: addrs[4],
		secret: id.Token(), done: make(chan error, 1),
	}
	s.cmd = exec.Command(program, "serve", "--data", data, "--http", s.http, "--rtmp", s.rtmp,
		"--open-publish")
	s.cmd.Env = append(os.Environ(), "HAWKER_PAYMENT_SANDBOX_ADDR="+addrs[2], "HAWKER_LOG_LEVEL=error",
		"HAWKER_VIDEO_WORKERS=0",
		"HAWKER_LIVE_HOOK_SECRET="+s.secret, "HAWKER_LIVE_NGINX_HLS=http://"+s.edgeHTTP+"/rooms/{name}.m3u8")
	if self, err := os.Executable(); err == nil && program == self { // an earlier build may not know of these
		s.cmd.Env = append(s.cmd.Env, "HAWKER_ORDER_UNPAID_MAX=0", "HAWKER_ORDER_PLACED_PER_MINUTE=0")
	}
	if err := m.filled(ctx, program, data); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.done <- s.cmd.Wait() }()
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// filled runs demo where no installation was named.
func (m mall) filled(ctx context.Context, program, data string) error {
	if m.data != "" {
		return nil
	}
	fill := exec.CommandContext(ctx, program, append([]string{"demo", "--data", data}, m.fill...)...)
	if out, err := fill.CombinedOutput(); err != nil {
		return fmt.Errorf("demo data: %w: %s", err, out)
	}
	return nil
}

func freeAddresses(n int) ([]string, error) {
	var out []string
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = ln.Close() }()
		out = append(out, ln.Addr().String())
	}
	return out, nil
}

func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := http.Get("http://" + s.http + "/readyz")
		if err == nil && res.Body.Close() == nil && res.StatusCode == http.StatusOK {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-s.done:
			return fmt.Errorf("the server ended: %w", err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), s.stop())
		}
	}
}

func (s *server) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(readyWithin):
		err = errors.Join(errors.New("the server did not stop"), s.cmd.Process.Kill())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
