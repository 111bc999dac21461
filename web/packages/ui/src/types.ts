/** Column describes one column of UiDataTable. */
export interface Column {
  key: string
  label: string
  align?: 'end'
  /** Dropped under 800 px, where rows must fit a phone. */
  wide?: boolean
}
