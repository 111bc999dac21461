#!/usr/bin/env bash
# nginx-rtmp (seen with 1.2.2, Debian's libnginx-mod-rtmp 1:1.2.2+dfsg-3): RTMP's timestamps are 32 bits of milliseconds
# and begin again at zero after 49.7 days; encoders that send the time of their own clock come there at any time of their
# shows. nginx-rtmp then ends its HLS segment where it is, in the middle of a group of pictures, says
# EXT-X-DISCONTINUITY, and begins the next with whatever picture comes: without key frame and parameter sets.
#
# A guess from its ordinary work, and from the specification (timestamps roll over, serial number arithmetic): nothing
# happens, or the cut waits for the next key frame.
# For a live mall: on a player that begins anew at a discontinuity the picture stands or falls apart until the next key
# frame, in all rooms of one encoder clock at the same moment. Hawker's own way in takes the wrap for what it is
# (internal/media/stream, the cases of 2^31 and 2^32); behind nginx-rtmp it can only be lived with.
set -euo pipefail
for p in ffmpeg ffprobe; do command -v $p >/dev/null || { echo "needs $p"; exit 1; }; done
nginx=$(command -v nginx || echo /usr/sbin/nginx)
module=/usr/lib/nginx/modules/ngx_rtmp_module.so
[ -x "$nginx" ] && [ -e $module ] || { echo "needs nginx-light and libnginx-mod-rtmp"; exit 1; }
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$dir"' EXIT
cd "$dir"
ffmpeg -version | head -1
dpkg-query -W libnginx-mod-rtmp 2>/dev/null || true
port=$((20000 + RANDOM % 10000))
user=
[ "$(id -u)" -ne 0 ] || user="user root;"
cat >nginx.conf <<CONF
load_module $module;
daemon off;
$user
pid $dir/pid;
error_log $dir/error.log error;
events { worker_connections 64; }
rtmp { server { listen 127.0.0.1:$port;
	application live { live on; hls on; hls_path $dir/hls; hls_fragment 1s; hls_playlist_length 60s; } } }
CONF
mkdir hls
"$nginx" -p "$dir" -c "$dir/nginx.conf" &
server=$!
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break || sleep 0.1; done

# whole NAME OFFSET: publishes 10 s from a time on, a key frame each second, and says how many of its segments there are
# and how many of them begin with no key frame
whole() {
	ffmpeg -nostdin -v error -re -f lavfi -i testsrc2=r=25:s=320x180 -f lavfi -i sine=440 -t 10 -c:v libx264 \
		-preset ultrafast -g 25 -sc_threshold 0 -c:a aac -output_ts_offset "$2" -f flv "rtmp://127.0.0.1:$port/live/$1"
	sleep 1
	local all=0 broken=0 f flags
	for f in $(grep -v '^#' "hls/$1.m3u8"); do
		all=$((all + 1))
		flags=$(ffprobe -v quiet -select_streams v -show_entries packet=flags -of csv=p=0 "hls/$f")
		[[ $flags == K* ]] || broken=$((broken + 1))
	done
	echo "$all segments, $broken without a key frame at their begin"
}

early=$(whole early 0)
wrap=$(whole wrap 4294962) # five seconds before 2^32 ms
echo "from 0:               $early"
echo "from 5 s before 2^32: $wrap"
[[ $early == *" 0 without"* && $wrap == *" 1 without"* ]] || { echo "this has changed"; exit 1; }
