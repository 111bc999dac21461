import type { Room } from '@hawker/api'
import { LivePlayer, type LiveState } from '@hawker/media'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { usePlayer } from './player'

type Playing = Pick<Room, 'id' | 'title' | 'cover_url' | 'channel' | 'playback_url' | 'playback'>

/** useElement makes the video element once and mirrors what it does. */
function useElement() {
  const player = usePlayer()
  const wide = ref(false)
  const quiet = ref(player.muted)
  let element: HTMLVideoElement | undefined

  function video(): HTMLVideoElement {
    if (element) return element
    const el = document.createElement('video')
    const sized = () => {
      wide.value = el.videoWidth > el.videoHeight
      el.dataset['wide'] = String(wide.value)
    }
    el.className = 'stage-video'
    el.playsInline = true
    el.autoplay = true
    el.muted = player.muted
    el.addEventListener('loadedmetadata', sized)
    el.addEventListener('resize', sized)
    el.addEventListener('volumechange', () => (quiet.value = el.muted))
    element = el
    return el
  }
  function setMuted(on: boolean) {
    video().muted = on
    player.muted = on
    quiet.value = on
  }
  return { video, wide, quiet, setMuted, made: () => element }
}

/** usePlaying is what the element shows: a room, by HLS or by WHEP. */
function usePlaying(element: ReturnType<typeof useElement>) {
  const player = usePlayer()
  const room = shallowRef<Playing | null>(null)
  const state = ref<LiveState>('loading')
  const seen = ref(false)
  const lowDelay = ref(false)
  const fellBack = ref(false)
  let live: LivePlayer | undefined

  function start() {
    const next = room.value
    if (!next?.playback_url) return
    live?.destroy()
    seen.value = false
    const el = element.video()
    el.muted = player.muted
    live = new LivePlayer(el, next.playback_url, {
      onState: (s) => {
        state.value = s
        seen.value ||= s === 'playing'
      },
      onFallback: () => {
        fellBack.value = true
        lowDelay.value = false
      },
    })
    void live.start(lowDelay.value ? next.playback.whep : '')
  }
  function play(next: Playing) {
    element.video().ariaLabel = next.title
    const same = room.value?.id === next.id && room.value.playback_url === next.playback_url
    room.value = next
    if (!same || !live) start()
  }
  function stop() {
    live?.destroy()
    live = undefined
    room.value = null
    seen.value = false
  }
  function setLowDelay(on: boolean) {
    lowDelay.value = on
    fellBack.value = false
    start()
  }
  return { room, state, seen, lowDelay, fellBack, play, stop, setLowDelay, resume: () => live?.play() }
}

/**
 * The screen is the one video element of live rooms. Pages borrow it; when they go it moves into the floating player,
 * and the picture and its sound go on because the element is never made anew.
 */
export const useScreen = defineStore('screen', () => {
  const element = useElement()
  const { stop, ...playing } = usePlaying(element)
  const place = ref<'stage' | 'float' | 'none'>('none')
  let dock: HTMLElement | undefined

  /** setDock names the place that is always on the page, for the time between two pages and while floating. */
  function setDock(el: HTMLElement) {
    dock = el
  }
  function show(host: HTMLElement) {
    place.value = 'stage'
    host.prepend(element.video())
  }
  /** park keeps the picture going outside of the room's page. */
  function park() {
    const el = element.made()
    if (!dock || !el || !playing.room.value) return close()
    dock.prepend(el)
    place.value = 'float'
  }
  function close() {
    stop()
    element.made()?.remove()
    place.value = 'none'
  }
  function setSound(on: boolean) {
    element.setMuted(!on)
    if (on) playing.resume()
  }
  async function detach() {
    const el = element.made()
    if (el && document.pictureInPictureElement !== el) await el.requestPictureInPicture()
    else await document.exitPictureInPicture()
  }
  return {
    ...playing,
    /** The floating player is one line and no window. */
    small: ref(false),
    wide: element.wide,
    quiet: element.quiet,
    place,
    floating: computed(() => place.value === 'float' && playing.room.value !== null),
    ownWindow: document.pictureInPictureEnabled === true,
    setDock,
    show,
    park,
    close,
    setSound,
    detach,
  }
})
