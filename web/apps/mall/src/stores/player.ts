import { defineStore } from 'pinia'
import { ref } from 'vue'

/** Sound is remembered for the visit only: browsers refuse it before the first tap. */
export const usePlayer = defineStore('player', () => {
  const muted = ref(true)
  return { muted }
})
