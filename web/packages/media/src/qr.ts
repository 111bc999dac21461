import { encode } from 'uqr'

/** qr is a text as a QR code: how many squares it is wide, and the dark ones as the path of an SVG. */
export function qr(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const squares = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
  return { size, path: squares.join('') }
}
