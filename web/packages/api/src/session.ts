import { useQueryCache } from '@pinia/colada'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { useApi } from './api'
import { ApiError } from './client'
import type { Entry, User } from './types'

/** The session is who is signed in. The cookie is the truth; this store only mirrors it. */
export const useSession = defineStore('session', () => {
  const api = useApi()
  const cache = useQueryCache()
  const user = ref<User | null>(null)
  let known: Promise<void> | undefined

  async function read(): Promise<void> {
    try {
      user.value = (await api.session()).user
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      user.value = null
      // Offline is not signed out: ask again at the next need.
      known = undefined
    }
  }

  /** ready resolves when it is known whether somebody is signed in. */
  function ready(): Promise<void> {
    known ??= read()
    return known
  }

  async function entered(entry: Entry): Promise<void> {
    user.value = entry.user ?? null
    known = Promise.resolve()
    await cache.invalidateQueries()
  }

  /** again reads who it is once more, after their account was changed. */
  function again(): Promise<void> {
    known = read()
    return known
  }

  async function leave(): Promise<void> {
    await api.logout()
    lost()
    await cache.invalidateQueries()
  }

  function lost() {
    user.value = null
    known = Promise.resolve()
  }

  return { user, signedIn: computed(() => user.value !== null), ready, again, entered, leave, lost }
})
