/**
 * A place in an attempt's output. Messages are counted and not timed, because times are not unique:
 * stdout and stderr are stamped before they are written, all parts of a long line carry the time of
 * its first part, and several messages can share a nanosecond. To avoid reading everything again,
 * the engine is asked only for messages stamped at or after `since`, a round time some way back.
 * The count starts there.
 */
export interface LogPlace {
  /** Unix time in units of `gridMs`; 0 means from the beginning. */
  readonly since: number
  /** How many messages stamped at or after `since` were given so far: stdout, stderr. */
  readonly counted: readonly [number, number]
  /**
   * How many bytes of the next message were given: stdout, stderr. Not 0 only inside a line that
   * comes in pieces.
   */
  readonly bytes: readonly [number, number]
  /** The latest stamp seen, Unix time in ms. */
  readonly latestMs: number
  /**
   * How many messages were given in all: stdout, stderr. Used when `since` has to go back to the
   * beginning.
   */
  readonly total: readonly [number, number]
}

export const gridMs = 2_000

export const beginning: LogPlace = { since: 0, counted: [0, 0], bytes: [0, 0], latestMs: 0, total: [0, 0] }

/**
 * Eight numbers in base 36, joined by dots. At most 64 characters for any output that fits on a
 * disk.
 */
export function formatCursor(place: LogPlace): string {
  const { since, counted, bytes, latestMs, total } = place
  return [since, ...counted, ...bytes, latestMs, ...total].map((value) => value.toString(36)).join('.')
}

/**
 * A text that is not a cursor of this driver means the beginning: a repeat is better than a gap.
 */
export function parseCursor(cursor: string | undefined): LogPlace {
  if (cursor === undefined || !/^[0-9a-z]{1,11}(\.[0-9a-z]{1,11}){7}$/.test(cursor)) return beginning
  const [since, out, err, outBytes, errBytes, latestMs, outTotal, errTotal] = cursor
    .split('.')
    .map((text) => Number.parseInt(text, 36)) as [number, number, number, number, number, number, number, number]
  return { since, counted: [out, err], bytes: [outBytes, errBytes], latestMs, total: [outTotal, errTotal] }
}
