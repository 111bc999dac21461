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

// Whoever takes the namespace of Vue and asks it for a name (`key in Vue`) keeps all of Vue. These two do, each for one
// name that Vue has; the i18n asks for `currentInstance` first, which is of no Vue 3.5.
const asked: [RegExp, string][] = [
  [/\/petite-vue-i18n\/dist\/.*\.mjs$/, 'getCurrentInstance'],
  [/\/reka-ui\/dist\/shared\/useId\.js$/, 'useId'],
]

/** vueByName gives them that name alone, so that the build leaves out what of Vue nobody uses. */
function vueByName(): PluginOption {
  const line = /import \* as (\w+) from ['"]vue['"];/
  return {
    name: 'hawker:vue-by-name',
    apply: 'build',
    transform(code, id) {
      const name = asked.find(([file]) => file.test(id))?.[1]
      if (!name) return null
      if (!line.test(code)) this.error(`${id} takes Vue in another way by now`)
      return code.replace(line, `import { ${name} as only } from 'vue';\nconst $1 = { ${name}: only };`)
    },
  }
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
    plugins: [...plugins(), vueByName(), firstPaint()],
    build: {
      outDir: here(`./dist/${app}`),
      emptyOutDir: true,
      target: ['chrome111', 'safari16.4', 'firefox128'],
      manifest: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // Modules of the packages do nothing by being imported: what a page does not use of them is not there.
      rolldownOptions: {
        treeshake: { moduleSideEffects: [{ test: /\/packages\/\w+\/src\/.*\.ts$/, sideEffects: false }] },
      },
      reportCompressedSize: false,
      // The engine of HLS is loaded where there is a picture; what pages may weigh is held by check:size.
      chunkSizeWarningLimit: 600,
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
