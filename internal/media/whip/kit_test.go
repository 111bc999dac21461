package whip

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"hawker/internal/base/clock"
	"hawker/internal/media/flv"
	"hawker/internal/media/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errNotAllowed = errors.New("no")

type openDoor struct{}

func (openDoor) Admit(_ context.Context, r stream.PublishRequest) (stream.Grant, error) {
	if strings.HasPrefix(r.Name, "wrong") {
		return stream.Grant{}, errNotAllowed
	}
	return stream.Grant{StreamID: strings.TrimPrefix(r.Name, "key-"), PartTarget: 200 * time.Millisecond}, nil
}

type memory struct {
	mu     sync.Mutex
	states map[string]stream.State
}

func (m *memory) Load(_ context.Context, id string) (stream.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.states[id], nil
}

func (m *memory) Save(_ context.Context, id string, st stream.State) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[id] = st
	return nil
}

// rig is a hub with a WebRTC server before it, on real time and the loopback.
type rig struct {
	t      *testing.T
	hub    *stream.Hub
	server *Server
	url    string
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	log := slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelInfo}))
	c := Config{Log: log, Clock: clock.Real{}, UDP: "127.0.0.1:0"}
	if change != nil {
		change(&c)
	}
	hub := stream.NewHub(stream.Config{
		Clock: c.Clock, Log: log, Store: &memory{states: map[string]stream.State{}}, Admission: openDoor{},
	})
	c.Hub = hub
	server := New(c)
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/live/", hub.Handler())
	mux.Handle("/", server.Handler())
	web := httptest.NewServer(mux)
	r := &rig{t: t, hub: hub, server: server, url: web.URL}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := errors.Join(server.Close(ctx), hub.Shutdown(ctx)); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		web.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return r
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// peer makes a client's connection.
func peer(t *testing.T) *webrtc.PeerConnection {
	t.Helper()
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	var m webrtc.MediaEngine
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	var i interceptor.Registry
	// Reports come often: they, not the pace of a busy machine, tell what belongs together.
	reports, err := report.NewSenderInterceptor(report.SenderInterval(50 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	i.Add(reports)
	if err := errors.Join(webrtc.ConfigureNack(&m, &i), webrtc.ConfigureTWCCSender(&m, &i)); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithInterceptorRegistry(&i),
		webrtc.WithSettingEngine(e)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.GracefulClose() })
	return pc
}

func localOffer(t *testing.T, pc *webrtc.PeerConnection) string {
	t.Helper()
	o, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	done := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(o); err != nil {
		t.Fatal(err)
	}
	<-done
	return pc.LocalDescription().SDP
}

// post sends an offer and gives the answer's status, body and session.
func (r *rig) post(path, sdp string) (status int, body, location string) {
	r.t.Helper()
	resp, err := http.Post(r.url+path, "application/sdp", strings.NewReader(sdp))
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(b), resp.Header.Get("Location")
}

// dial offers and takes the answer; it waits for the connection.
func (r *rig) dial(pc *webrtc.PeerConnection, path string) (location string) {
	r.t.Helper()
	connected := make(chan struct{})
	var once sync.Once
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(connected) })
		}
	})
	status, body, location := r.post(path, localOffer(r.t, pc))
	if status != http.StatusCreated {
		r.t.Fatalf("%s: %d %s", path, status, body)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: body}); err != nil {
		r.t.Fatal(err)
	}
	select {
	case <-connected:
	case <-time.After(time.Minute):
		r.t.Fatalf("%s: not connected", path)
	}
	if name, ok := strings.CutPrefix(path, "/whip/key-"); ok { // the server hears of it a moment later
		id := location[strings.LastIndexByte(location, '/')+1:]
		await(r.t, func() bool { x := r.server.session(name); return x != nil && x.id == id })
	}
	return location
}

// delete ends a session.
func (r *rig) delete(location string) {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodDelete, r.url+location, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		r.t.Errorf("DELETE %s: %d", location, resp.StatusCode)
	}
}

func track(t *testing.T, pc *webrtc.PeerConnection, c webrtc.RTPCodecCapability,
	id string,
) *webrtc.TrackLocalStaticRTP {
	t.Helper()
	tr, err := webrtc.NewTrackLocalStaticRTP(c, id, "test")
	if err != nil {
		t.Fatal(err)
	}
	s, err := pc.AddTrack(tr)
	if err != nil {
		t.Fatal(err)
	}
	go func() { // drives the client's interceptors: answers to lost packets
		for {
			if _, _, err := s.ReadRTCP(); err != nil {
				return
			}
		}
	}()
	return tr
}

func ffmpeg(t *testing.T, args ...string) []byte {
	t.Helper()
	var out, words bytes.Buffer
	cmd := exec.Command("ffmpeg", append([]string{"-hide_banner", "-loglevel", "error", "-nostdin"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Run(); err != nil {
		t.Fatalf("ffmpeg %v: %v: %s", args, err, words.String())
	}
	return out.Bytes()
}

// flashes is a picture that flashes white in the first tenth of each second.
func flashes(size string, seconds string) string {
	return "color=black:s=" + size + ":r=30:d=" + seconds + ",drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)'"
}

// beeps are tones in the first tenth of each second.
func beeps(seconds string) string {
	return "aevalsrc='if(lt(mod(t,1),0.1),sin(6283*t),0)':s=48000:d=" + seconds
}

// pictures encodes H.264 and gives its access units.
func pictures(t *testing.T, size, seconds string, more ...string) [][]byte {
	t.Helper()
	args := append([]string{
		"-f", "lavfi", "-i", flashes(size, seconds), "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency",
		"-profile:v", "baseline", "-g", "30", "-pix_fmt", "yuv420p", "-x264-params", "aud=1:repeat-headers=1",
	}, more...)
	b := ffmpeg(t, append(args, "-f", "h264", "-")...)
	parts := bytes.Split(b, []byte{0, 0, 0, 1, nalAUD})
	for i := range parts {
		parts[i] = append([]byte{0, 0, 0, 1, nalAUD}, parts[i]...)
	}
	return parts[1:]
}

func opusPackets(t *testing.T, seconds string) [][]byte {
	t.Helper()
	b := ffmpeg(t, "-f", "lavfi", "-i", beeps(seconds), "-ac", "2", "-c:a", "libopus", "-page_duration", "20000", "-f",
		"ogg", "-")
	o := newOggReader(bytes.NewReader(b))
	var out [][]byte
	for {
		p, err := o.next()
		if err != nil {
			return out[2:]
		}
		out = append(out, bytes.Clone(p))
	}
}

// camera sends pictures and sound at the pace of a real one, which no test measures.
type camera struct {
	video, audio *webrtc.TrackLocalStaticRTP
	pictures     [][]byte
	sound        [][]byte
	payloader    rtp.Payloader
	drop         func(seq uint16) bool // packets that the network loses
	vseq, aseq   uint16
	shown, heard int // pictures and packets of sound sent so far
}

// roll sends until the function that it gives is called, for the first time.
func (c *camera) roll() (cut func()) {
	if c.payloader == nil {
		c.payloader = &codecs.H264Payloader{}
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.send()
			case <-stop:
				return
			}
		}
	})
	return sync.OnceFunc(func() { close(stop); wg.Wait() })
}

// send sends the next picture and the sound of before it.
func (c *camera) send() {
	for ; c.audio != nil && c.heard*20*30 <= c.shown*1000; c.heard++ {
		c.aseq++
		_ = c.audio.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: c.aseq, Timestamp: uint32(777 + c.heard*960)},
			Payload: c.sound[c.heard%len(c.sound)],
		})
	}
	parts := c.payloader.Payload(1100, c.pictures[c.shown%len(c.pictures)])
	for i, p := range parts {
		c.vseq++
		if c.drop != nil && c.drop(c.vseq) {
			continue
		}
		h := rtp.Header{
			Version: 2, SequenceNumber: c.vseq, Timestamp: uint32(12345 + c.shown*3000), Marker: i == len(parts)-1,
		}
		_ = c.video.WriteRTP(&rtp.Packet{Header: h, Payload: p})
	}
	c.shown++
}

type rtpPacket = rtp.Packet

// pace calls give for each tag at its time, until stop is closed.
func pace(tags []flv.Tag, stop <-chan struct{}, give func(flv.Tag)) {
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for len(tags) > 0 {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		for len(tags) > 0 && time.Since(began) >= time.Duration(tags[0].Timestamp)*time.Millisecond {
			give(tags[0])
			tags = tags[1:]
		}
	}
}

// probe lists the packets of a file: their track and time.
func probe(t *testing.T, file []byte) []byte {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "error", "-show_entries", "packet=codec_type,pts_time", "-of", "csv=p=0", "-")
	cmd.Stdin = bytes.NewReader(file)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	return out
}
