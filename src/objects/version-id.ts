/**
 * The ids of versions. An id says where its version is in the order of all versions, so that the
 * newest one is known without asking anybody.
 */
import { randomBytes } from 'node:crypto'

/** The version that was stored without versioning. A key has at most one. */
export const nullVersion = 'null'

/** What a version is known by. */
export interface VersionMark {
  /** Microseconds since 1970, roughly. A newer version of a key has a larger number. */
  readonly order: number
  /** Tells apart versions whose order was given twice, by a clock that was set back. `null` for the null version. */
  readonly tail: string
}

/** A version that is kept, or a delete marker. */
export interface KeptVersion extends VersionMark {
  readonly isDeleteMarker: boolean
}

const orderDigits = 11
const tailDigits = 13

export function versionIdOf({ order, tail }: VersionMark): string {
  return tail === nullVersion ? nullVersion : order.toString(36).padStart(orderDigits, '0') + tail
}

/** Undefined for a text that is the id of no version, and for `null`, which does not say its order. */
export function markOf(versionId: string): VersionMark | undefined {
  if (versionId.length !== orderDigits + tailDigits || !/^[0-9a-z]+$/.test(versionId)) return undefined
  const order = Number.parseInt(versionId.slice(0, orderDigits), 36)
  return Number.isSafeInteger(order) ? { order, tail: versionId.slice(orderDigits) } : undefined
}

export function isVersionId(text: string): boolean {
  return text === nullVersion || markOf(text) !== undefined
}

/** The time of a version's order. */
export function timeOf({ order }: Pick<VersionMark, 'order'>): number {
  return Math.floor(order / 1000)
}

export function isNull({ tail }: VersionMark): boolean {
  return tail === nullVersion
}

export function newTail(): string {
  return randomBytes(8).readBigUInt64BE().toString(36).padStart(tailDigits, '0')
}

/** Numbers versions in the order in which they are asked for, whatever the clock says. */
export class VersionOrder {
  #last = 0

  /** Larger than all before, and than `above`. The number before it is free too. */
  next(nowMs: number, above = 0): number {
    this.#last = Math.max(nowMs * 1000, this.#last + 2, above + 2)
    return this.#last
  }
}
