#!/usr/bin/env bash
# nginx (seen with 1.22.1, Debian's nginx-light), proxy_cache_lock_timeout: the manual says that when it is over the request is
# passed to the origin and its answer is not kept. Before that nginx looks into the cache once more: who finds there what
# another has fetched meanwhile gets it, and the origin is not asked. So a timeout below the 500 ms after which those who wait look
# by themselves makes them look earlier: with 150 ms and an origin that takes 100 ms, eight who ask at once are one request,
# and the seven wait for 150 ms, not for 500. Where the origin takes longer than the timeout all eight ask it.
#
# A guess from the manual: a short timeout sends the crowd to the origin.
# For a live mall: parts and playlists that are there are fetched in milliseconds, and viewers stall by half a second; a timeout of
# 50 ms shares them all the same (deploy/nginx-edge.conf). What is waited for longer than that is not shared so.
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
			proxy_cache_lock_timeout 150ms;
		}
	}
}
CONF
"$nginx" -p "$dir" -c "$dir/nginx.conf" &
server=$!
cat >ask.js <<'JS'
// Eight ask at once for what the origin gives after 100 ms, then for what it gives after 400 ms.
const http = require('http')
const [edge, origin] = process.argv.slice(2).map(Number)
let asked = 0
const source = http.createServer((req, res) => {
  asked++
  setTimeout(() => res.end('news'), Number(req.url.slice(1)))
})
const get = (path) => new Promise((ok, no) => http.get({ host: '127.0.0.1', port: edge, path, agent: false },
  (res) => { res.resume(); res.on('end', () => ok(performance.now())) }).on('error', no))
const later = (ms) => new Promise((ok) => setTimeout(ok, ms))
const crowd = async (ms) => {
  asked = 0
  const begun = performance.now()
  const took = await Promise.all([...Array(8).keys()].map(async () => Math.round(await get(`/${ms}`) - begun)))
  console.log(`the origin takes ${ms} ms: asked ${asked} times; answered after ${took.join(' ')} ms`)
  return { asked, longest: Math.max(...took) }
}
source.listen(origin, '127.0.0.1', async () => {
  for (;;) try { await new Promise((ok, no) => require('net').connect(edge, '127.0.0.1', ok).on('error', no)); break } catch { await later(50) }
  const short = await crowd(100), long = await crowd(400)
  process.exit(short.asked === 1 && short.longest < 400 && long.asked === 8 ? 0 : 1)
})
JS
node ask.js $port $origin || { echo "this has changed"; exit 1; }
