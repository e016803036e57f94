/** Named moments at which a test has the process killed, to see what a restart finds. */
export const objectFailpoints = [
  'object-written',
  'object-expected',
  'object-placed',
  'object-synced',
  'object-settled',
  'object-removed',
  'object-forgotten',
  'way-noted',
  'way-linked',
  'way-unlinked',
  'way-made',
  'part-written',
  'part-noted',
  'upload-joined',
  'upload-placed',
  'upload-completed',
  'index-begun',
  'index-written',
  'index-committed',
  'index-answered',
] as const
/** Those that only a bucket with versioning passes. */
export const versionFailpoints = [
  'null-linked',
  'version-linked',
  'version-noted',
  'marker-written',
  'marker-placed',
  'version-promoted',
  'version-removed',
] as const
export type ObjectFailpoint = (typeof objectFailpoints)[number] | (typeof versionFailpoints)[number]

export type PassObjectFailpoint = (name: ObjectFailpoint) => void
