/** traceHeader is where the server says that it records traces, and to which an answer belongs. */
export const traceHeader = 'Trace-Id'

/**
 * createTrace names the trace of what a page asks (W3C Trace Context): one for each address of the page, a step for each
 * request. It says nothing as long as no answer said that anybody records; whether a trace is recorded the server decides.
 */
export function createTrace(at: () => string = () => location.pathname) {
  let recorded = false
  let path = ''
  let id = ''
  return {
    parent(): string {
      if (!recorded) return ''
      if (id === '' || path !== at()) [id, path] = [hex(16), at()]
      return `00-${id}-${hex(8)}-01`
    },
    heard(answer: Response): void {
      recorded ||= answer.headers.has(traceHeader)
    },
  }
}

/** hex gives random bytes in hexadecimal. */
function hex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (n) =>
    n.toString(16).padStart(2, '0'),
  ).join('')
}
