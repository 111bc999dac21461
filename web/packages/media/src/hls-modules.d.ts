// hls.js ships no types for its light build; the interface is the same without alternate audio and subtitles.
declare module 'hls.js/light' {
  export { default } from 'hls.js'
  export * from 'hls.js'
}
