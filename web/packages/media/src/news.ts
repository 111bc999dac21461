const readers = () => document.documentElement.lang

/** inWords picks the reader's language of a title: news go out once, to people of every language. */
export function inWords<T extends { title: string; titles: Record<string, string> }>(
  x: T,
  language = readers(),
): T {
  return { ...x, title: x.titles[language] ?? x.title }
}

/** put replaces the one with the same id, or puts a new one in front. */
export function put<T extends { id: string }>(list: readonly T[], item: T): T[] {
  return list.some((x) => x.id === item.id) ? list.map((x) => (x.id === item.id ? item : x)) : [item, ...list]
}
