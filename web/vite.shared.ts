import vueI18n from '@intlify/unplugin-vue-i18n/vite'
import tailwind from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import icons from 'unplugin-icons/vite'
import type { PluginOption, UserConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** plugins are shared by both apps and the unit tests so that icons, messages and templates compile alike. */
export function plugins(): PluginOption[] {
  return [
    // Absolute /media addresses in templates are the server's, not assets to bundle.
    vue({ template: { transformAssetUrls: false } }),
    icons({ compiler: 'vue3', scale: 1 }),
    vueI18n({
      include: [here('./apps/*/src/**/locales/*.json'), here('./packages/ui/src/locales/*.json')],
      module: 'petite-vue-i18n',
      runtimeOnly: true,
      compositionOnly: true,
      // Messages are compiled at build time, so the compiler need not travel.
      dropMessageCompiler: true,
      fullInstall: false,
      strictMessage: true,
      escapeHtml: false,
    }),
    tailwind(),
  ]
}

/** firstPaint puts the choice of the theme before all that is painted; the server allows that one script by its hash. */
function firstPaint(): PluginOption {
  const code = readFileSync(here('./packages/ui/src/first-paint.js'), 'utf8').replace(/^ *\/\/.*\n/gm, '')
  const handler = (html: string) => html.replace('<title>', () => `<script>${code}</script>\n    <title>`)
  return { name: 'hawker:first-paint', transformIndexHtml: { order: 'post', handler } }
}

/** appConfig is the whole Vite configuration of one app. */
export function appConfig(app: 'mall' | 'console', base: string): UserConfig {
  const server = process.env['HAWKER_DEV_SERVER'] ?? 'http://127.0.0.1:8080'
  const proxy = { target: server, changeOrigin: false }
  return {
    base,
    define: { __VUE_OPTIONS_API__: 'false' },
    plugins: [...plugins(), firstPaint()],
    build: {
      outDir: here(`./dist/${app}`),
      emptyOutDir: true,
      target: ['chrome111', 'safari16.4', 'firefox128'],
      manifest: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    server: {
      host: '127.0.0.1',
      proxy: {
        '/api': proxy,
        '/media': proxy,
        '/uploads': proxy,
        // /live/{room} and /replay/{room} are pages of the mall; what lies below them is the server's picture.
        '^/(live|replay)/[^/]+/': proxy,
        '^/wh[ei]p(/|$)': proxy,
        '/ws': { ...proxy, ws: true },
      },
    },
  }
}
