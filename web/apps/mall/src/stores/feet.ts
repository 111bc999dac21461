import { defineStore } from 'pinia'
import { computed, shallowReactive } from 'vue'

/** How high the bars at the lower edge of the page stand. Apart from the screen, whose player no first page needs. */
export const useFeet = defineStore('feet', () => {
  const feet = shallowReactive(new Map<symbol, number>())
  function set(of: symbol, px: number) {
    if (px > 0) feet.set(of, px)
    else feet.delete(of)
  }
  return { set, height: computed(() => Math.max(0, ...feet.values())) }
})
