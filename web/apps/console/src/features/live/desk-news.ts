/** inWords picks the reader's language of a title that went out to everybody. */
export function inWords<T extends { title: string; titles: Record<string, string> }>(
  x: T,
  language: string,
): T {
  return { ...x, title: x.titles[language] ?? x.title }
}

/** upsert puts news of one thing in its place, or at the front when it is new. */
export function upsert<T extends { id: string }>(list: readonly T[], item: T): T[] {
  return list.some((x) => x.id === item.id) ? list.map((x) => (x.id === item.id ? item : x)) : [item, ...list]
}
