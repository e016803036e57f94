/**
 * The token of FilterLogEvents: the place of the last examined event in the order of all events
 * (time, stream, position). It stays valid while a group grows, and the server stores nothing for
 * it.
 */

export interface FilterPlace {
  readonly direction: 'ascending' | 'descending'
  readonly timeMs: number
  /** At this time, all streams up to this one, in the direction, are done. */
  readonly streamId: string
  /** The position to continue at in that stream. */
  readonly position: number
}

/** A stream id that sorts before all others, and one that sorts after all. */
export const firstStreamId = '0'.repeat(16)
export const lastStreamId = 'f'.repeat(16)

const pattern = /^([ad])\.(\d{1,16})\.([0-9a-f]{16})\.(\d{1,16})$/

export function writeFilterToken(place: FilterPlace): string {
  const plain = `${place.direction[0]}.${place.timeMs}.${place.streamId}.${place.position}`
  return Buffer.from(plain).toString('base64url')
}

/** Undefined if the token is not ours. */
export function readFilterToken(token: string): FilterPlace | undefined {
  const [, letter, timeMs, streamId, position] = pattern.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (!letter || !timeMs || !streamId || !position) return undefined
  const place: FilterPlace = {
    direction: letter === 'a' ? 'ascending' : 'descending',
    timeMs: Number(timeMs),
    streamId,
    position: Number(position),
  }
  return Number.isSafeInteger(place.timeMs) && Number.isSafeInteger(place.position) ? place : undefined
}
