import { ref } from 'vue'

export type Theme = 'system' | 'paper' | 'night'
const storageKey = 'hawker.theme'

/** createTheme keeps data-theme on <html> equal to the person's choice, or to the system's. */
export function createTheme() {
  const saved = localStorage.getItem(storageKey)
  const choice = ref<Theme>(saved === 'paper' || saved === 'night' ? saved : 'system')
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  function apply() {
    const system = dark.matches ? 'night' : 'paper'
    document.documentElement.dataset['theme'] = choice.value === 'system' ? system : choice.value
  }
  function set(to: Theme) {
    choice.value = to
    localStorage.setItem(storageKey, to)
    apply()
  }
  dark.addEventListener('change', apply)
  apply()
  return { choice, set }
}
