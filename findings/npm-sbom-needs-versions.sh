#!/usr/bin/env bash
# npm 11.19.1: `npm sbom` makes no bill of materials where one package.json of the tree has no "version", which npm itself calls
# optional for what is not published; `npm install` and `npm ls` do without. The whole command fails, for CycloneDX and
# SPDX alike, with EINVALIDPURLTYPE and words of something inside ("Invalid type range").
#
# A guess: a private root or workspace is listed without a version, or left out.
# For a mall that ships front ends: the release step that makes the SBOM breaks on the day somebody adds a private workspace.
# Hawker's packages have versions; its list is made of the lock file and of the binary (scripts/sbom.mjs).
set -euo pipefail
command -v npm >/dev/null || { echo "needs npm"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir tool && (cd tool && npm init -y >/dev/null && npm install --silent --no-audit --no-fund npm@11.19.1)
npm=$dir/tool/node_modules/.bin/npm
echo "npm $("$npm" --version)"
mkdir -p tree/packages/a && cd tree

# sbom WORKSPACE: what the command says of a tree whose workspace is this
sbom() {
	echo '{"name":"root","version":"1.0.0","private":true,"workspaces":["packages/*"]}' >package.json
	echo "$1" >packages/a/package.json
	rm -rf node_modules package-lock.json
	"$npm" install --silent --no-audit --no-fund
	"$npm" ls >/dev/null || { echo "npm ls fails"; exit 1; }
	for format in cyclonedx spdx; do
		if out=$("$npm" sbom --sbom-format $format 2>&1); then echo "$format: made"; else echo "$format: $(grep -m1 -o 'E[A-Z]*' <<<"$out")"; fi
	done | paste -sd' '
}

with=$(sbom '{"name":"@x/a","version":"1.0.0","private":true}')
without=$(sbom '{"name":"@x/a","private":true}')
echo "a workspace with a version:    $with"
echo "a workspace without a version: $without"
[ "$with" = "cyclonedx: made spdx: made" ] && [ "$without" = "cyclonedx: EINVALIDPURLTYPE spdx: EINVALIDPURLTYPE" ] ||
	{ echo "this has changed"; exit 1; }
