import type { Alarm, Health, MerchantRoom, RoomNumbers, ShelfItem } from '@hawker/api'
import { computed } from 'vue'
import type { useDeskSelling } from './use-desk-selling'

/** StageProps is what goes out of a room, how well, and what runs beside its shelf. */
export interface StageProps {
  room: MerchantRoom
  health: Health | undefined
  numbers: RoomNumbers
  alarms: Alarm[]
  items: ShelfItem[]
  selling: ReturnType<typeof useDeskSelling>
}

/** useStage says what of it there is to show and to do. */
export function useStage(props: StageProps) {
  const ended = computed(() => props.room.state === 'ended')
  return {
    ended,
    runs: computed(() => props.room.may_run && !ended.value),
    /** What the signal's own light already says is not said twice. */
    urgent: computed(() => props.alarms.filter((a) => a.code !== props.health?.reason)),
    receiving: computed(() => props.health?.state === 'receiving' || props.health?.state === 'unstable'),
    silent: computed(() => props.health?.state === 'waiting'),
  }
}

/** lights are the colours of a signal. */
export const lights: Record<Health['state'], string> = {
  waiting: 'bg-ink-3',
  receiving: 'bg-done-text',
  unstable: 'bg-now',
  ended: 'bg-ink-3',
}
