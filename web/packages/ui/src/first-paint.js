// Put into the head of both apps' pages as it stands and run before anything is painted: what theme.ts keeps from
// then on has to be right already. The mall's data-night tells which of its pages are night whatever the setting.
;(() => {
  const root = document.documentElement
  let choice = null
  try {
    choice = localStorage.getItem('hawker.theme')
  } catch {
    // A browser that keeps nothing follows the system.
  }
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'night' : 'paper'
  root.dataset.theme = choice === 'paper' || choice === 'night' ? choice : system
  const night = root.dataset.night
  if (night && new RegExp(night).test(location.pathname)) root.dataset.ground = 'night'
})()
