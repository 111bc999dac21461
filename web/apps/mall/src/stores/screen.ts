import type { Room } from '@hawker/api'
import { LivePlayer, type LiveState } from '@hawker/media'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { usePlayer } from './player'

type Playing = Pick<Room, 'id' | 'title' | 'channel' | 'playback_url' | 'playback'>

/**
 * The screen is the one video element of live rooms. Pages borrow it; when they go it moves into the floating player,
 * and the picture and its sound go on because the element is never made anew.
 */
export const useScreen = defineStore('screen', () => {
  const player = usePlayer()
  const room = shallowRef<Playing | null>(null)
  const state = ref<LiveState>('loading')
  const seen = ref(false)
  const wide = ref(false)
  const quiet = ref(player.muted)
  const place = ref<'stage' | 'float' | 'none'>('none')
  const lowDelay = ref(false)
  const fellBack = ref(false)
  let dock: HTMLElement | undefined
  let element: HTMLVideoElement | undefined
  let live: LivePlayer | undefined

  function video(): HTMLVideoElement {
    if (element) return element
    const el = document.createElement('video')
    el.className = 'stage-video'
    el.playsInline = true
    el.autoplay = true
    el.muted = player.muted
    el.addEventListener('loadedmetadata', () => sized(el))
    el.addEventListener('resize', () => sized(el))
    el.addEventListener('volumechange', () => (quiet.value = el.muted))
    element = el
    return el
  }
  function sized(el: HTMLVideoElement) {
    wide.value = el.videoWidth > el.videoHeight
    el.dataset['wide'] = String(wide.value)
  }
  /** setDock names the place that is always on the page, for the time between two pages and while floating. */
  function setDock(el: HTMLElement) {
    dock = el
  }
  function show(host: HTMLElement) {
    place.value = 'stage'
    host.prepend(video())
  }
  function play(next: Playing) {
    const el = video()
    el.ariaLabel = next.title
    const same = room.value?.id === next.id && room.value.playback_url === next.playback_url
    room.value = next
    if (!same || !live) start()
  }
  function start() {
    const next = room.value
    if (!next?.playback_url) return
    live?.destroy()
    seen.value = false
    fellBack.value = false
    const el = video()
    el.muted = player.muted
    live = new LivePlayer(el, next.playback_url, {
      onState: (s) => {
        state.value = s
        quiet.value = el.muted
        if (s === 'playing') seen.value = true
      },
      onFallback: () => {
        fellBack.value = true
        lowDelay.value = false
      },
    })
    void live.start(lowDelay.value ? next.playback.whep : '')
  }
  /** park keeps the picture going outside of the room's page. */
  function park() {
    if (!dock || !element || !room.value) return close()
    dock.prepend(element)
    place.value = 'float'
  }
  function close() {
    live?.destroy()
    live = undefined
    element?.remove()
    room.value = null
    seen.value = false
    place.value = 'none'
  }
  function setLowDelay(on: boolean) {
    lowDelay.value = on
    start()
  }
  function setSound(on: boolean) {
    const el = video()
    el.muted = !on
    player.muted = !on
    quiet.value = !on
    if (on) live?.play()
  }
  const ownWindow = document.pictureInPictureEnabled === true
  async function detach() {
    if (element && document.pictureInPictureElement !== element) await element.requestPictureInPicture()
    else await document.exitPictureInPicture()
  }
  return {
    room,
    state,
    seen,
    wide,
    quiet,
    place,
    lowDelay,
    fellBack,
    floating: computed(() => place.value === 'float' && room.value !== null),
    ownWindow,
    setDock,
    show,
    play,
    park,
    close,
    setLowDelay,
    setSound,
    detach,
    resume: () => live?.play(),
    pictureTime: () => live?.pictureTime ?? null,
  }
})
