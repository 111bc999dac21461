import { defineConfig } from 'vitest/config'
import { plugins } from './vite.shared.ts'

export default defineConfig({
  plugins: plugins(),
  test: {
    environment: 'happy-dom',
    include: ['apps/**/src/**/*.test.ts', 'packages/**/src/**/*.test.ts'],
    restoreMocks: true,
  },
})
