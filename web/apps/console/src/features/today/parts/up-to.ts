/** countMost is where the server counts no further what waits: that many, or more. */
const countMost = 1000

/** upTo writes a count that ends at countMost: 999+. */
export const upTo = (count: number, n: (value: number) => string) =>
  count < countMost ? n(count) : `${n(countMost - 1)}+`
