import { useWallClock } from '@hawker/ui'
import { watchEffect } from 'vue'
import { useConfig } from './queries'

/** useMallClock tells the clock of the page which zone the mall is in, as soon as the program has said it. */
export function useMallClock(): void {
  const config = useConfig()
  const { home } = useWallClock()
  watchEffect(() => {
    home.value = config.data.value?.time_zone ?? home.value
  })
}
