package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// errNoNginx is a machine without the peer.
var errNoNginx = errors.New(
	"nginx-rtmp is not installed (Debian: nginx-light, libnginx-mod-rtmp): no figures beside ours")

// nginx is an nginx-rtmp of our own, in a folder that is thrown away.
type nginx struct {
	dir, http, rtmp string
	cmd             *exec.Cmd
	done            chan error
}

const nginxConfig = `load_module %s;
daemon off;
worker_processes 1;
%s
pid %[3]s/nginx.pid;
error_log %[3]s/error.log error;
events { worker_connections 4096; }
rtmp {
	server {
		listen %[4]s;
		chunk_size 4096;
		application live {
			live on;
			hls on;
			hls_path %[3]s/hls;
			hls_fragment 1s;
			hls_playlist_length 20s;
		}
		application rooms {
			live on;
			hls on;
			hls_path %[3]s/rooms;
			hls_fragment 1s;
			hls_playlist_length 20s;
			on_publish http://%[6]s/hooks/nginx-rtmp?secret=%[7]s;
			on_publish_done http://%[6]s/hooks/nginx-rtmp?secret=%[7]s;
		}
	}
}
http {
	access_log off;
	sendfile on;
	client_body_temp_path %[3]s/body;
	proxy_temp_path %[3]s/proxy;
	fastcgi_temp_path %[3]s/fastcgi;
	uwsgi_temp_path %[3]s/uwsgi;
	scgi_temp_path %[3]s/scgi;
	keepalive_requests 1000000;
	server {
		listen %[5]s;
		location /hls/ { root %[3]s; }
		location /rooms/ {
			root %[3]s;
			add_header Access-Control-Allow-Origin * always;
		}
	}
}
`

// startNginx starts it as facts for a fair comparison ask: segments of a second,
// twenty seconds listed, files sent by the kernel. Its second application feeds
// rooms of the server under measurement, as deploy/nginx-rtmp.conf does.
func startNginx(ctx context.Context, s *server) (*nginx, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return nil, errNoNginx
		}
	}
	const module = "/usr/lib/nginx/modules/ngx_rtmp_module.so"
	if _, err := os.Stat(module); err != nil {
		return nil, errNoNginx
	}
	dir, err := os.MkdirTemp("", "hawker-bench-nginx-")
	if err != nil {
		return nil, err
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;" // its folder is ours alone
	}
	n := &nginx{dir: dir, http: s.edgeHTTP, rtmp: s.edgeRTMP, done: make(chan error, 1)}
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, module, user, dir, n.rtmp, n.http, s.http, s.secret)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "hls"), 0o700), os.Mkdir(filepath.Join(dir, "rooms"), 0o700),
		os.WriteFile(config, []byte(text), 0o600)); err != nil {
		return nil, err
	}
	n.cmd = exec.Command(program, "-p", dir, "-c", config)
	n.cmd.Stderr = os.Stderr
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { n.done <- n.cmd.Wait() }()
	return n, n.ready(ctx)
}

func (n *nginx) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", n.rtmp)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case err := <-n.done:
			return fmt.Errorf("nginx ended: %w", err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), n.stop())
		}
	}
}

func (n *nginx) stop() error {
	if n == nil {
		return nil
	}
	err := n.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-n.done:
	case <-time.After(readyWithin):
		err = errors.Join(errors.New("nginx did not stop"), n.cmd.Process.Kill())
	}
	return errors.Join(err, os.RemoveAll(n.dir))
}

func (n *nginx) target() target {
	return target{
		label: "nginx-rtmp: ", rtmp: "rtmp://" + n.rtmp + "/live/", list: "http://" + n.http + "/hls/%s.m3u8",
		media: "#EXTINF:", pids: n.pids,
	}
}

// pids are the master, its worker and its helpers.
func (n *nginx) pids() ([]int, error) {
	master := n.cmd.Process.Pid
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", master, master))
	if err != nil {
		return nil, err
	}
	out := []int{master}
	for _, f := range strings.Fields(string(raw)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			return nil, err
		}
		out = append(out, pid)
	}
	return out, nil
}
