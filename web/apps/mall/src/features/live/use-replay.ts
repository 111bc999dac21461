import { useApi, type Mark, type Message } from '@hawker/api'
import { ReplayPlayer, worded } from '@hawker/media'
import { useQuery } from '@pinia/colada'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'

const windowMs = 60_000
const shownMessages = 50

/** useReplayChat brings what was said, a minute at a time, and shows it as the picture passes. */
function useReplayChat(room: () => string, date: Ref<number | null>) {
  const api = useApi()
  const windows = shallowRef(new Map<number, Message[]>())
  const asked = new Set<number>()

  async function read(index: number) {
    if (asked.has(index)) return
    asked.add(index)
    const from = new Date(index * windowMs).toISOString()
    const until = new Date((index + 1) * windowMs).toISOString()
    const page = await api.messages(room(), { from, until }).catch(() => null)
    if (!page) return void asked.delete(index)
    const language = document.documentElement.lang
    windows.value = new Map(windows.value).set(
      index,
      page.items.map((m) => worded(m, language)),
    )
  }
  const minute = computed(() => (date.value === null ? null : Math.floor(date.value / windowMs)))
  watch(
    minute,
    (at) => {
      if (at === null) return
      for (const index of [at - 1, at, at + 1]) void read(index)
    },
    { immediate: true },
  )
  return computed(() => {
    const at = date.value
    if (at === null || minute.value === null) return []
    const near = [minute.value - 1, minute.value].flatMap((index) => windows.value.get(index) ?? [])
    return near.filter((m) => Date.parse(m.at) <= at).slice(-shownMessages)
  })
}

/** beginAt goes where a link leads to, once the player knows its moments and the browser how long the recording is. */
function beginAt(start: string | undefined) {
  let begun = !start
  return (el: HTMLVideoElement, player: ReplayPlayer | undefined, duration: number) => {
    if (begun || !start || !player?.known || duration === 0) return
    begun = true
    el.currentTime = Math.min(player.timeAt(Date.parse(start)), duration)
  }
}

/** MarkPlace is a mark with its place in the recording. */
export interface MarkPlace {
  mark: Mark
  from: number
  until: number
}

/** useReplay is the recording under a finger: where it is, what was explained there and what was said. It begins at a
 * moment of the stream's clock, if one is given. */
export function useReplay(
  room: () => { id: string; replay_url: string },
  start: string | undefined,
  video: Ref<HTMLVideoElement | null>,
) {
  const api = useApi()
  const marks = useQuery({ key: () => ['marks', room().id], query: () => api.marks(room().id) })
  const time = ref(0)
  const duration = ref(0)
  const playing = ref(false)
  const date = ref<number | null>(null)
  const ready = ref(0)
  const begin = beginAt(start)
  let player: ReplayPlayer | undefined

  function moved() {
    const el = video.value
    if (!el) return
    if (Number.isFinite(el.duration)) duration.value = el.duration
    begin(el, player, duration.value)
    time.value = el.currentTime
    playing.value = !el.paused
    date.value = player?.date ?? null
  }
  function open(el: HTMLVideoElement | null) {
    player?.destroy()
    if (!el) return
    player = new ReplayPlayer(el, room().replay_url, () => {
      ready.value++
      moved()
    })
  }
  watch(video, open, { immediate: true, flush: 'post' })
  onScopeDispose(() => player?.destroy())

  const places = computed<MarkPlace[]>(() => {
    if (ready.value === 0 || !player?.known || duration.value === 0) return []
    const at = (iso: string) => Math.min(duration.value, player?.timeAt(Date.parse(iso)) ?? 0)
    return (marks.data.value?.items ?? []).map((mark) => ({
      mark,
      from: at(mark.from),
      until: mark.until ? at(mark.until) : duration.value,
    }))
  })
  const current = computed(() => places.value.findLast((p) => p.from <= time.value && time.value < p.until))
  function seek(to: number) {
    if (!video.value) return
    video.value.currentTime = Math.max(0, Math.min(to, duration.value))
    moved()
  }
  return {
    time,
    duration,
    playing,
    places,
    current,
    seek,
    moved,
    messages: useReplayChat(() => room().id, date),
  }
}
