import { useApi, type MerchantRoom, type RoomMode } from '@hawker/api'
import { publishWhip, type PublishSession, type PublishState, type PublishStats } from '@hawker/media'
import { useFailure } from '@hawker/ui'
import { onScopeDispose, ref, shallowRef } from 'vue'
import type { Devices } from './use-devices'

export type Stage = 'choose' | 'check' | 'count' | 'air' | 'over'

const countFrom = 3

/** useGuard runs one thing at a time and says what failed. */
function useGuard() {
  const failure = useFailure()
  const busy = ref(false)
  async function guarded(act: () => Promise<void>) {
    busy.value = true
    try {
      await act()
    } catch (error) {
      failure.show(error)
    } finally {
      busy.value = false
    }
  }
  return { busy, guarded }
}

/** usePublishing is the way from the devices to the server, with its switches. */
function usePublishing(devices: Devices) {
  const state = ref<PublishState>('connecting')
  const stats = shallowRef<PublishStats | null>(null)
  const micOn = ref(true)
  const cameraOn = ref(true)
  const startedAt = ref(0)
  let session: PublishSession | undefined

  function publish(url: string): boolean {
    const stream = devices.stream.value
    if (!stream) return false
    startedAt.value = Date.now()
    session = publishWhip({
      url,
      stream,
      onState: (next, measured) => {
        state.value = next
        stats.value = measured
      },
    })
    return true
  }
  async function swap(kind: 'audio' | 'video', deviceId: string) {
    const track = await devices.swap(kind, deviceId)
    if (track) await session?.replaceTrack(kind, track)
  }
  function setMic(on: boolean) {
    micOn.value = on
    session?.mute('audio', !on)
  }
  function setCamera(on: boolean) {
    cameraOn.value = on
    session?.mute('video', !on)
  }
  async function stop() {
    await session?.stop()
    session = undefined
  }
  onScopeDispose(() => void stop())
  return { state, stats, micOn, cameraOn, startedAt, publish, swap, setMic, setCamera, stop }
}

/** useBroadcast takes a room from the device check through three, two, one to the air and to its end. */
export function useBroadcast(devices: Devices) {
  const api = useApi()
  const { busy, guarded } = useGuard()
  const { publish, swap, stop, ...publishing } = usePublishing(devices)
  const stage = ref<Stage>('choose')
  const shop = ref('')
  const room = shallowRef<MerchantRoom>()
  const count = ref(countFrom)
  let timer: ReturnType<typeof setInterval> | undefined

  const chosen = (shopId: string, roomId: string) =>
    guarded(async () => {
      shop.value = shopId
      room.value = await api.merchant.room(shopId, roomId)
      stage.value = 'check'
      if (!devices.stream.value) await devices.open()
    })
  const setMode = async (mode: RoomMode) => {
    const at = room.value
    if (at && at.mode !== mode) room.value = await api.merchant.setMode(shop.value, at.id, mode)
  }
  const start = (mode: RoomMode) =>
    guarded(async () => {
      await setMode(mode)
      stage.value = 'count'
      count.value = countFrom
      clearInterval(timer)
      timer = setInterval(tick, 1000)
    })
  function tick() {
    if (--count.value > 0) return
    clearInterval(timer)
    const url = room.value?.stream?.whip_url
    // Without a camera there is nothing to send: back to where it is chosen.
    stage.value = url && publish(url) ? 'air' : 'check'
  }
  function cancel() {
    clearInterval(timer)
    stage.value = 'check'
  }
  const end = () =>
    guarded(async () => {
      await stop()
      if (room.value) await api.merchant.endRoom(shop.value, room.value.id)
      stage.value = 'over'
    })
  onScopeDispose(() => clearInterval(timer))
  return {
    ...publishing,
    stage,
    shop,
    room,
    count,
    busy,
    chosen,
    start,
    cancel,
    end,
    /** open lets everybody in on what was a rehearsal or a warm-up. */
    open: () => guarded(() => setMode('open')),
    swap: (kind: 'audio' | 'video', deviceId: string) => guarded(() => swap(kind, deviceId)),
  }
}

export type Broadcast = ReturnType<typeof useBroadcast>
