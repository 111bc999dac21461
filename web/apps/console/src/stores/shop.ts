import { useSession } from '@hawker/api'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

const storageKey = 'hawker.shop'

/** The shop whose books are open. Staff of several shops switch; the choice is remembered on this machine. */
export const useShop = defineStore('shop', () => {
  const session = useSession()
  const wanted = ref(localStorage.getItem(storageKey) ?? '')
  const shops = computed(() => session.user?.shops ?? [])
  const shop = computed(() => shops.value.find((s) => s.id === wanted.value) ?? shops.value[0] ?? null)
  function choose(id: string) {
    wanted.value = id
    localStorage.setItem(storageKey, id)
  }
  /** On which the staff of the shop hear of orders, held messages and clips. */
  const channel = computed(() => (shop.value ? `shop:${shop.value.id}` : undefined))
  return { shops, shop, id: computed(() => shop.value?.id ?? ''), channel, choose }
})
