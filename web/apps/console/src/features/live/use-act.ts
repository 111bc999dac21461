import { useFailure } from '@hawker/ui'
import { ref } from 'vue'

/** useAct runs one intent at a time and says in words when it failed; it answers whether it went well. */
export function useAct() {
  const failure = useFailure()
  const busy = ref(false)
  async function act(run: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      await run()
      return true
    } catch (error) {
      failure.show(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, act }
}
