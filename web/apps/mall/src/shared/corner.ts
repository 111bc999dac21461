export type CornerName = 'start-top' | 'end-top' | 'end-bottom' | 'start-bottom'

const round: CornerName[] = ['end-bottom', 'start-bottom', 'start-top', 'end-top']

/** nearestCorner is where something dropped at a point comes to rest. */
export function nearestCorner(x: number, y: number, width: number, height: number): CornerName {
  return `${x < width / 2 ? 'start' : 'end'}-${y < height / 2 ? 'top' : 'bottom'}`
}

/** nextCorner does with a button what dragging does. */
export function nextCorner(at: CornerName): CornerName {
  return round[(round.indexOf(at) + 1) % round.length] ?? 'end-bottom'
}
