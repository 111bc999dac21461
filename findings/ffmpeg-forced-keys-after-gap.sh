#!/usr/bin/env bash
# ffmpeg (seen with 5.1.9), -force_key_frames: the expression that its manual gives for "a key frame every 2 seconds",
# expr:gte(t,n_forced*2), counts key frames from zero and not from the last one. Where the times of a stream jump ahead
# (a camera that was switched off for ten minutes, a first picture that is not at zero), every picture is made a
# key frame until the count has caught up: all 300 that were not made meanwhile, one after another.
#
# A guess from the manual: it is the distance between two.
# For a live mall: after each pause a room is sent at the limit of its bitrate with its worst picture for many seconds.
# Said by the time of the last one, expr:isnan(prev_forced_t)+gte(t,prev_forced_t+2), it is a distance.
# Hawker did so, too, and does not any more: internal/media/whip/children_test.go, TestKeyFramesAfterAGap.
set -euo pipefail
for p in ffmpeg ffprobe; do command -v $p >/dev/null || { echo "needs $p"; exit 1; }; done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
ffmpeg -version | head -1

# keys EXPRESSION: how many key frames there are in the 10 s before a gap of 10 minutes and in the 30 s after it, at 25
# pictures a second
keys() {
	ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=s=160x120:r=25:d=40 -vf "setpts='if(gte(N,250),PTS+600/TB,PTS)'" \
		-fps_mode vfr -c:v libx264 -preset ultrafast -g 100000 -sc_threshold 0 -force_key_frames "$1" a.mkv
	ffprobe -v error -select_streams v -show_entries packet=pts_time,flags -of csv=p=0 a.mkv |
		awk -F, '$2 ~ /K/ { if ($1 < 300) before++; else after++ } END { print before, after }'
}

counted=$(keys 'expr:gte(t,n_forced*2)')
apart=$(keys 'expr:isnan(prev_forced_t)+gte(t,prev_forced_t+2)')
echo "key frames in 250 pictures before a gap of 600 s, and in 750 after it"
echo "  expr:gte(t,n_forced*2):                         $counted"
echo "  expr:isnan(prev_forced_t)+gte(t,prev_forced_t+2): $apart"
[ "${counted#* }" -gt 300 ] && [ "$apart" = "5 15" ] || { echo "this has changed"; exit 1; }
