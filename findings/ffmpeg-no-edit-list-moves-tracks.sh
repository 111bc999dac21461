#!/usr/bin/env bash
# ffmpeg (seen with 5.1.9), fragmented MP4 and HLS output: -use_editlist 0 does not keep the times that the edit list would have told. Each
# output is moved to zero by itself, the picture by what its encoder holds back, the sound by what it leads in with: a
# second of offset that both were given is gone from both. Only with avoid_negative_ts=0 and
# movflags=+frag_discont beside it does the first fragment begin where it begins.
#
# A guess from the option's name: the same times, without the box. Without the three together the sound of a
# rendition of its own is 45 ms early at 30 pictures a second (B-frames 67 ms, AAC 21 ms) for every player that goes by
# Media Source Extensions, which looks at no edit list; and with an edit list it is right in one player and early in another.
# Hawker's films have no edit list and begin together: internal/media/ffmpeg/sync_test.go.
set -euo pipefail
command -v ffmpeg >/dev/null || { echo "needs ffmpeg"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
ffmpeg -version | head -1

# starts OPTIONS: where the first fragment of a sound begins that was put one second later, in samples of 48 kHz
starts() {
	rm -f s_*.m4s
	ffmpeg -nostdin -v error -y -f lavfi -i sine=r=48000:d=2 -c:a aac -output_ts_offset 1 -f hls -hls_time 2 \
		-hls_segment_type fmp4 "$@" -hls_fmp4_init_filename init.mp4 -hls_segment_filename s_%d.m4s s.m3u8
	python3 - <<'P'
b = open('s_0.m4s', 'rb').read()
i = b.index(b'tfdt')
print(int.from_bytes(b[i + 8:i + 16], 'big'))
P
}

plain=$(starts -hls_segment_options use_editlist=0)
discont=$(starts -hls_segment_options use_editlist=0:movflags=+frag_discont)
kept=$(starts -hls_segment_options use_editlist=0:movflags=+frag_discont:avoid_negative_ts=0)
echo "a sound one second later (48000 samples, less 1024 of lead-in) begins at"
echo "  without an edit list:                          $plain"
echo "  and a discontinuous first fragment:            $discont"
echo "  and negative times not avoided:                $kept"
[ "$plain" = 0 ] && [ "$discont" = 0 ] && [ "$kept" = 46976 ] || { echo "this has changed"; exit 1; }
