import { useWallClock } from '@hawker/ui'
import { nameAbroad } from '@hawker/ui/zone'
import { watchEffect } from 'vue'
import { useConfig } from './queries'

/** useMallClock tells the clock of the page which zone the mall is in, as soon as the program has said it. */
export function useMallClock(): void {
  const config = useConfig()
  const clock = useWallClock()
  nameAbroad(clock)
  watchEffect(() => {
    clock.home.value = config.data.value?.time_zone ?? clock.home.value
  })
}
