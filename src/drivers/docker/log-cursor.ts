/**
 * A place in an attempt's output. Messages are counted, not timed: stdout and stderr are stamped before they are
 * written, a long line's parts all bear the time of its first, and several messages can share a nanosecond. To
 * save reading everything again, the engine is asked only for messages stamped at or after `since`, a round time some way
 * back, and the count is of those.
 */
export interface LogPlace {
  /** Unix time in units of `gridMs`; 0: from the beginning. */
  readonly since: number
  /** Messages given so far of those stamped at or after `since`: stdout, stderr. */
  readonly counted: readonly [number, number]
  /** Bytes given of the next message: stdout, stderr. Not 0 only inside a line that comes in pieces. */
  readonly bytes: readonly [number, number]
  /** The latest stamp seen, Unix time in ms. */
  readonly latestMs: number
  /** Messages given so far in all: stdout, stderr. For when `since` has to go back to the beginning. */
  readonly total: readonly [number, number]
}

export const gridMs = 2_000

export const beginning: LogPlace = { since: 0, counted: [0, 0], bytes: [0, 0], latestMs: 0, total: [0, 0] }

/** Eight numbers in base 36, joined by dots. At most 64 characters for any output that fits on a disk. */
export function formatCursor(place: LogPlace): string {
  const { since, counted, bytes, latestMs, total } = place
  return [since, ...counted, ...bytes, latestMs, ...total].map((value) => value.toString(36)).join('.')
}

/** What is no cursor of this driver means the beginning: rather a repeat than a gap. */
export function parseCursor(cursor: string | undefined): LogPlace {
  if (cursor === undefined || !/^[0-9a-z]{1,11}(\.[0-9a-z]{1,11}){7}$/.test(cursor)) return beginning
  const [since, out, err, outBytes, errBytes, latestMs, outTotal, errTotal] = cursor
    .split('.')
    .map((text) => Number.parseInt(text, 36)) as [number, number, number, number, number, number, number, number]
  return { since, counted: [out, err], bytes: [outBytes, errBytes], latestMs, total: [outTotal, errTotal] }
}
