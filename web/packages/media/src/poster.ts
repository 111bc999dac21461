import { encode } from 'uqr'

export interface PosterText {
  title: string
  price: string
  was: string
  name: string
  line: string
  url: string
}

const width = 750
const height = 1240
const margin = 40

interface Palette {
  ink: string
  soft: string
  paper: string
  go: string
  now: string
  night: string
}

function paletteOf(root: HTMLElement): Palette {
  const style = getComputedStyle(root)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return {
    ink: read('--c-ink'),
    soft: read('--c-ink-3'),
    paper: read('--c-surface'),
    go: read('--awning-go'),
    now: read('--awning-now'),
    night: read('--c-stage'),
  }
}

function awning(g: CanvasRenderingContext2D, p: Palette) {
  const bars: [string, number, number][] = [
    [p.go, 0, 26],
    [p.now, 36, 8],
    [p.now, 50, 8],
  ]
  for (let x = 0; x < width; x += 68) {
    for (const [color, at, wide] of bars) {
      g.fillStyle = color
      g.fillRect(x + at, 0, wide, 34)
    }
  }
}

/** wrap breaks text at word borders of its language; the last line ends with "…" when text is left over. */
export function wrap(text: string, fits: (line: string) => boolean, lines: number): string[] {
  const words = [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)].map(
    (s) => s.segment,
  )
  const out: string[] = []
  let line = ''
  for (const word of words) {
    if (fits(line + word)) {
      line += word
      continue
    }
    if (out.length === lines - 1) {
      while (line && !fits(`${line}…`)) line = [...line].slice(0, -1).join('')
      return [...out, `${line}…`]
    }
    out.push(line)
    line = word.trimStart()
  }
  return line ? [...out, line] : out
}

async function picture(url: string): Promise<HTMLImageElement | null> {
  const image = new Image()
  image.crossOrigin = 'anonymous' // a canvas gives nothing back of what another server did not say is for everybody
  image.src = url
  return image.decode().then(
    () => image,
    () => null,
  )
}

function drawPicture(g: CanvasRenderingContext2D, image: HTMLImageElement, top: number) {
  const side = Math.min(image.naturalWidth, image.naturalHeight)
  const x = (image.naturalWidth - side) / 2
  const y = (image.naturalHeight - side) / 2
  g.drawImage(image, x, y, side, side, 0, top, width, width)
}

function drawCut(g: CanvasRenderingContext2D, p: Palette, y: number) {
  g.strokeStyle = p.soft
  g.lineWidth = 2
  g.setLineDash([10, 10])
  g.beginPath()
  g.moveTo(margin, y)
  g.lineTo(width - margin, y)
  g.stroke()
  g.fillStyle = p.night
  for (const x of [0, width]) {
    g.beginPath()
    g.arc(x, y, 16, 0, Math.PI * 2)
    g.fill()
  }
}

function drawCode(g: CanvasRenderingContext2D, p: Palette, url: string, x: number, y: number, side: number) {
  const { data, size } = encode(url, { border: 1 })
  const cell = side / size
  g.fillStyle = p.ink
  data.forEach((row, i) =>
    row.forEach((dark, j) => {
      if (dark) g.fillRect(x + j * cell, y + i * cell, Math.ceil(cell), Math.ceil(cell))
    }),
  )
}

/** drawPoster makes one JPEG. Pictures must be same-origin, else the canvas may not be read back. */
export async function drawPoster(text: PosterText, pictureUrl: string, root: HTMLElement): Promise<Blob> {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const g = canvas.getContext('2d')
  if (!g) throw new Error('canvas')
  const p = paletteOf(root)
  const face = getComputedStyle(root).fontFamily
  await document.fonts.load("700 100px 'Hawker Sign'")
  g.fillStyle = p.paper
  g.fillRect(0, 0, width, height)
  const image = pictureUrl ? await picture(pictureUrl) : null
  if (image) drawPicture(g, image, 34)
  awning(g, p)
  g.textBaseline = 'alphabetic'
  g.fillStyle = p.ink
  g.font = `700 40px ${face}`
  const titles = wrap(text.title, (line) => g.measureText(line).width <= width - margin * 2, 2)
  titles.forEach((line, i) => g.fillText(line, margin, 850 + i * 52))
  g.fillStyle = p.now
  g.font = "700 96px 'Hawker Sign'"
  g.fillText(text.price, margin, 1010)
  const priceWide = g.measureText(text.price).width
  g.fillStyle = p.soft
  g.font = "700 40px 'Hawker Sign'"
  if (text.was) {
    g.fillText(text.was, margin + priceWide + 20, 1010)
    g.fillRect(margin + priceWide + 18, 996, g.measureText(text.was).width + 4, 3)
  }
  drawCut(g, p, 1056)
  g.fillStyle = p.ink
  g.font = `700 34px ${face}`
  g.fillText(text.name, margin, 1140)
  g.fillStyle = p.soft
  g.font = `400 26px ${face}`
  g.fillText(text.line, margin, 1184)
  // Without a product the code itself is the picture.
  if (image) drawCode(g, p, text.url, width - margin - 136, 1082, 136)
  else drawCode(g, p, text.url, (width - 520) / 2, 160, 520)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('canvas'))), 'image/jpeg', 0.9)
  })
}
