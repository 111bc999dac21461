/** burst lets one heart rise from a button; nothing moves for people who asked for less motion. */
export function burst(from: HTMLElement): void {
  if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return
  const icon = from.querySelector('svg')
  if (!icon) return
  const heart = icon.cloneNode(true) as SVGElement
  heart.classList.add('burst')
  from.append(heart)
  const drift = Math.round(Math.random() * 60 - 30)
  const rise = heart.animate(
    [
      { transform: 'translate(0, 0) scale(0.8)', opacity: 1 },
      { transform: `translate(${drift}px, -180px) scale(1.3)`, opacity: 0 },
    ],
    { duration: 1100, easing: 'ease-out' },
  )
  rise.onfinish = () => heart.remove()
}
