import { ApiError } from '@hawker/api'
import { useFailure } from '@hawker/ui'
import { ref } from 'vue'

/** useForm runs what a form is for, once at a time, and keeps in words why it did not work. */
export function useForm() {
  const failure = useFailure()
  const busy = ref(false)
  const problem = ref('')
  const error = ref<ApiError | null>(null)

  /** send answers whether it worked. */
  async function send(act: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = ''
    error.value = null
    try {
      await act()
      return true
    } catch (e) {
      error.value = e instanceof ApiError ? e : null
      // What is said beside an input is not said twice.
      problem.value = error.value?.fields.length ? '' : failure.text(e)
      return false
    } finally {
      busy.value = false
    }
  }
  /** field is what is wrong with one input. */
  const field = (name: string) => error.value?.field(name) ?? ''
  return { busy, problem, field, send }
}

/** linkCode is the code of a letter's link: it stands behind the #, which no server is told. */
export const linkCode = () => window.location.hash.replace(/^#/, '')
