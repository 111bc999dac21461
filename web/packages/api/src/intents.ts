import { newKey } from './client'

/**
 * createIntents gives what a person means to do its idempotency key. The same wish keeps its key until it was done,
 * however often the button is pressed and the answer is lost; a changed wish is another one.
 */
export function createIntents() {
  const keys = new Map<string, string>()
  return async function once<T>(wish: unknown, act: (key: string) => Promise<T>): Promise<T> {
    const name = JSON.stringify(wish)
    const key = keys.get(name) ?? newKey()
    keys.set(name, key)
    const answer = await act(key)
    keys.delete(name)
    return answer
  }
}
