/**
 * Cues for marks and metadata are of no use here, and each of their tracks loads an address that the pages' content
 * policy forbids.
 */
export const withoutCues = {
  enableDateRangeMetadataCues: false,
  enableEmsgMetadataCues: false,
  enableID3MetadataCues: false,
} as const
