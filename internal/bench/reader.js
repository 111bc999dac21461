// Runs in the room's page before the page's own scripts: notes when each frame of the picture was shown and which number
// it carries. The number is drawn into the picture itself (counter.go), so nothing that a server says is trusted.
;(() => {
  const bits = 10
  const width = 32
  const freezeMs = 300
  const brush = new OffscreenCanvas(bits * width, 32).getContext('2d', { willReadFrequently: true })
  let watched = null
  let shown = []
  let last = 0
  let stalls = 0

  function read(video) {
    const now = Date.now()
    brush.drawImage(video, 0, 0)
    const line = brush.getImageData(0, 16, bits * width, 1).data
    let number = 0
    for (let i = 0; i < bits; i++) if (line[(i * width + width / 2) * 4] > 128) number |= 1 << i
    shown.push([now, number])
    if (last && now - last > freezeMs) stalls++
    last = now
  }
  // A room has one video element, and the page keeps it when it changes from one protocol to another.
  function look() {
    const video = document.querySelector('video')
    if (!video || video === watched) return
    watched = video
    const frame = () => {
      read(video)
      video.requestVideoFrameCallback(frame)
    }
    video.requestVideoFrameCallback(frame)
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true })

  window.hawkerGlass = {
    take() {
      const out = { shown, stalls }
      shown = []
      stalls = 0
      return out
    },
    playing: () => Boolean(watched && !watched.paused && watched.currentTime > 0),
    realTime: () => Boolean(watched && watched.srcObject),
    // The menu's sheet is opened by the address; its one switch asks for WHEP.
    press() {
      const box = document.querySelector('dialog[open] input[type=checkbox]')
      box?.click()
      return Boolean(box)
    },
  }
})()
