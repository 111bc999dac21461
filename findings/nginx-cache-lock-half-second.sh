#!/usr/bin/env bash
# nginx (seen with 1.22.1, Debian's nginx-light), proxy_cache_lock: of many who ask for the same at once one goes to the
# origin, the others wait for what it brings. They are not woken when that has come: each looks again every 500 ms, counted
# from its own arrival. The first has the answer at once, the others up to half a second later; proxy_cache_lock_age does not
# change that, proxy_cache_lock_timeout only by making them ask the origin too (nginx-cache-lock-timeout-looks-again.sh).
#
# A guess from the manual, which says that they wait until the cache has it: they are answered then.
# For a live mall: a blocking playlist reload of Low-Latency HLS is asked for by all viewers before it is there, which is
# what the lock is for. Behind such a cache all but one of them are half a part to a whole part late, each by an amount of
# their own, and stall at the hold-back that the playlist promises. An edge for low latency keeps the lock for whole
# segments alone, or lets the origin answer each viewer: hawker's does it in one wake-up (docs/adr/0031).
set -euo pipefail
nginx=$(command -v nginx || echo /usr/sbin/nginx)
[ -x "$nginx" ] && command -v node >/dev/null || { echo "needs nginx-light and node"; exit 1; }
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$dir"' EXIT
cd "$dir"
"$nginx" -v 2>&1
port=$((20000 + RANDOM % 10000))
origin=$((port + 1))
user=
[ "$(id -u)" -ne 0 ] || user="user root;"
cat >nginx.conf <<CONF
daemon off;
$user
worker_processes 1;
pid $dir/pid;
error_log $dir/error.log error;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $dir/body;
	proxy_temp_path $dir/temp;
	fastcgi_temp_path $dir/fastcgi;
	uwsgi_temp_path $dir/uwsgi;
	scgi_temp_path $dir/scgi;
	proxy_cache_path $dir/cache keys_zone=live:1m;
	server {
		listen 127.0.0.1:$port;
		location / {
			proxy_pass http://127.0.0.1:$origin;
			proxy_cache live;
			proxy_cache_valid 200 1m;
			proxy_cache_lock on;
		}
	}
}
CONF
"$nginx" -p "$dir" -c "$dir/nginx.conf" &
server=$!
cat >ask.js <<'JS'
// The origin answers 1.05 s after it was asked. Eight viewers come 100 ms apart, the last well before that.
const http = require('http')
const [edge, origin] = process.argv.slice(2).map(Number)
let asked = 0, answered = 0
const source = http.createServer((_, res) => {
  asked++
  setTimeout(() => { answered = performance.now(); res.end('news') }, 1050)
})
const get = () => new Promise((ok, no) => http.get({ host: '127.0.0.1', port: edge, path: '/next', agent: false },
  (res) => { res.resume(); res.on('end', () => ok(performance.now())) }).on('error', no))
const later = (ms) => new Promise((ok) => setTimeout(ok, ms))
source.listen(origin, '127.0.0.1', async () => {
  for (;;) try { await new Promise((ok, no) => require('net').connect(edge, '127.0.0.1', ok).on('error', no)); break } catch { await later(50) }
  const at = await Promise.all([...Array(8).keys()].map((i) => later(i * 100).then(get)))
  const late = at.map((t) => Math.round(t - answered))
  console.log(`asked of the origin: ${asked}; milliseconds after its answer: ${late.join(' ')}`)
  process.exit(asked === 1 && late[0] < 100 && Math.max(...late) > 250 ? 0 : 1)
})
JS
node ask.js $port $origin || { echo "this has changed"; exit 1; }
