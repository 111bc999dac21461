interface Answered {
  status: number
  fields?: { location: string }[]
}

/** isGone tells what is not there, also by an id that can name nothing, from what did not load. */
export function isGone(error: unknown): boolean {
  if (!(error instanceof Error) || !('status' in error)) return false
  const { status, fields = [] } = error as Error & Answered
  if (status === 404 || status === 410) return true
  return status === 422 && fields.length > 0 && fields.every((f) => f.location.startsWith('path.'))
}
