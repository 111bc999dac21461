#!/usr/bin/env bash
# vue-i18n and petite-vue-i18n 11.4.2 (until 11.4.8 at least), Reka UI 2.11.0, built by Vite 8.3.8: one import of any of them keeps all of Vue
# in the page: hydration, custom elements, transitions, whatever nobody calls. They say `import * as Vue from 'vue'` and then ask
# `key in Vue` for a function that older Vues have not. A bundler can follow `Vue.name`; of a namespace that is asked for a name
# at run time it has to keep every one. All three packages and Vue declare `sideEffects: false`, which does not help: the modules
# are used. vue-i18n 11.4.16 has another way of asking.
#
# A guess from `sideEffects: false`: what is not imported by name is left out. For a mall: 13 KB (brotli) of the first page's 97,
# on every phone, and in no report of the bundler as anything but "vue". hawker's build gives each of them the one name it asks
# for (web/vite.shared.ts), and fails when their line changes.
set -euo pipefail
command -v npm >/dev/null || { echo "needs npm"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts vue@3.5.45 petite-vue-i18n@11.4.2 vue-i18n@11.4.16 vite@8.3.8 >/dev/null 2>&1 ||
	npm install --silent --no-audit --no-fund --ignore-scripts --force vue@3.5.45 petite-vue-i18n@11.4.2 vue-i18n@11.4.16 vite@8.3.8 >/dev/null
cat >alone.js <<'JS'
import { createApp, h } from 'vue'
createApp({ render: () => h('p', 'tea') }).mount('#app')
JS
for i18n in petite-vue-i18n vue-i18n; do
	cat >"$i18n.js" <<JS
import { createApp, h } from 'vue'
import { createI18n } from '$i18n'
createApp({ render: () => h('p', 'tea') }).use(createI18n({ legacy: false, locale: 'en', messages: {} })).mount('#app')
JS
done
cat >measure.js <<'JS'
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'vite'

const define = { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' }
const kept = {}
for (const name of ['alone', 'petite-vue-i18n', 'vue-i18n']) {
  await build({
    logLevel: 'error', configFile: false, define: { ...define, 'process.env.NODE_ENV': '"production"' },
    build: { outDir: `out-${name}`, lib: { entry: `${name}.js`, formats: ['es'], fileName: 'page' }, minify: true },
  })
  const code = readFileSync(`out-${name}/page.js`, 'utf8')
  // What an error of hydration says, and the base class of custom elements: neither is called by these pages.
  kept[name] = /Hydration completed/.test(code) || /extends .*HTMLElement/.test(code)
  console.log(`${name}: ${brotliCompressSync(code).length} bytes (brotli), hydration ${kept[name] ? 'kept' : 'left out'}`)
}
process.exit(!kept.alone && kept['petite-vue-i18n'] && !kept['vue-i18n'] ? 0 : 1)
JS
if node measure.js; then
	echo "as seen: a page that never hydrates carries hydration as soon as it imports this i18n"
else
	echo "changed: see the figures above"
	exit 1
fi
