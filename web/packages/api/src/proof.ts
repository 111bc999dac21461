import { defineStore } from 'pinia'
import { ref } from 'vue'

/**
 * The proof is the question who sits here, asked once more before what could do harm. A call that the program refused
 * until then waits for the answer and is sent again.
 */
export const useProof = defineStore('proof', () => {
  const open = ref(false)
  let waiting: ((proved: boolean) => void)[] = []

  /** ask resolves when the person has shown who they are, or would not. */
  function ask(): Promise<boolean> {
    open.value = true
    return new Promise((resolve) => waiting.push(resolve))
  }

  function settle(proved: boolean) {
    open.value = false
    const all = waiting
    waiting = []
    all.forEach((resolve) => resolve(proved))
  }

  return { open, ask, settle }
})
