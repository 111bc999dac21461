import type { Video } from '@hawker/api'
import { FeedPool, attachClip, type Clip, type PoolState } from '@hawker/media'
import { storeToRefs } from 'pinia'
import { nextTick, onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { usePlayer } from '../../stores/player'

const clipOf = (v: Video): Clip => ({ key: v.id, mp4: v.mp4_url, hls: v.playback_url })

/** useFeedPool ties the pool of three videos to the articles on the page and to the scroll position. */
export function useFeedPool(list: Ref<HTMLElement | null>, videos: Ref<Video[]>) {
  const player = usePlayer()
  const active = ref(0)
  const state = ref<PoolState>('paused')
  const progress = ref(0)

  function create(): HTMLVideoElement {
    const video = document.createElement('video')
    video.className = 'feed-video'
    video.setAttribute('aria-hidden', 'true')
    video.addEventListener('loadedmetadata', () => {
      video.dataset['wide'] = String(video.videoWidth > video.videoHeight)
    })
    video.addEventListener('timeupdate', () => {
      if (video !== pool.video(active.value) || !video.duration) return
      progress.value = video.currentTime / video.duration
    })
    return video
  }
  const pool = new FeedPool(create, attachClip, (s) => (state.value = s))
  pool.muted = player.muted

  const slot = (index: number) => list.value?.querySelector<HTMLElement>(`[data-slot="${index}"]`) ?? null
  function show() {
    if (videos.value.length === 0 || !list.value) return
    progress.value = 0
    pool.show(active.value, videos.value.map(clipOf), slot)
  }

  function scrolled() {
    const el = list.value
    if (!el || el.clientHeight === 0) return
    const at = Math.round(el.scrollTop / el.clientHeight)
    if (at !== active.value) active.value = at
  }

  function move(by: number) {
    const el = list.value
    const to = Math.min(videos.value.length - 1, Math.max(0, active.value + by))
    if (el) el.scrollTo({ top: to * el.clientHeight, behavior: 'smooth' })
  }

  function mute(muted: boolean) {
    player.muted = muted
    pool.setMuted(muted)
  }

  watch(active, show)
  watch([() => videos.value.length, list], () => void nextTick(show), { immediate: true })
  onBeforeUnmount(() => pool.destroy())
  return {
    active,
    muted: storeToRefs(player).muted,
    state,
    progress,
    scrolled,
    move,
    mute,
    toggle: () => pool.toggle(),
  }
}
