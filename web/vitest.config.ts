import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import { plugins } from './vite.shared.ts'

// A spec that puts something else in a module's place has a world of its own; all others share one, in which
// everything is imported once.
const specs = ['apps', 'packages']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  )
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
const alone = specs.filter((spec) => /vi\.(doMock|mock|stubGlobal)\(/.test(readFileSync(spec, 'utf8')))

// A limit, not a figure: a machine half as fast, with something else to do, has to pass.
const testTimeout = 60_000

function project(name: string, include: string[], isolate: boolean) {
  return {
    plugins: plugins(),
    test: {
      name,
      include,
      isolate,
      testTimeout,
      environment: 'happy-dom',
      restoreMocks: true,
      unstubGlobals: true,
    },
  }
}

export default defineConfig({
  test: {
    projects: [
      project('alone', alone, true),
      project(
        'together',
        specs.filter((spec) => !alone.includes(spec)),
        false,
      ),
    ],
  },
})
