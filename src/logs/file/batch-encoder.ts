/**
 * Turns log entries into the bytes of records, a bounded piece at a time. It stops when the stream
 * reaches its cap.
 */
import type { LogEntry } from '../../model/log-entry.ts'
import { cursorBytesMax, encodeRecord, type RecordInput, recordBytes, recordBytesMax } from './record.ts'
import { type IndexEntry, indexIntervalBytes } from './time-index.ts'

const pieceBytes = 1_048_576

export interface EncodePlace {
  /** Where the piece begins in the file. */
  readonly position: number
  readonly capBytes: number
  readonly nowMs: number
  /** Time of the previous event. No event is earlier than the one before it. */
  readonly lastMs: number
  /** Where the last indexed record begins. */
  readonly indexedPosition: number
}

export interface EncodedPiece {
  readonly bytes: Buffer
  /**
   * How many entries were handled, counted from the first. A handled entry is stored, or left out
   * because it is empty.
   */
  readonly taken: number
  /** Undefined when every handled entry was empty. */
  readonly first: RecordInput | undefined
  readonly last: RecordInput | undefined
  readonly index: readonly IndexEntry[]
}

function capNotice(capBytes: number): string {
  const mebibytes = Number((capBytes / 1_048_576).toFixed(3))
  return `openbatch: the log of this attempt reached its limit of ${mebibytes} MiB; further output is not kept`
}

/**
 * Encodes `entries` from `from` on. If the last record of a piece is the cap's notice, the stream
 * is over.
 */
export function encodePiece(entries: readonly LogEntry[], from: number, place: EncodePlace): EncodedPiece {
  const records: RecordInput[] = []
  let size = 0
  let taken = from
  let timestamp = place.lastMs
  for (; taken < entries.length && size < pieceBytes; taken++) {
    const entry = entries[taken]!
    if (entry.message === '') continue
    const bytes = recordBytes(entry.cursor, entry.message)
    if (bytes > recordBytesMax || entry.cursor.length > cursorBytesMax)
      throw new RangeError('a log entry is larger than allowed')
    timestamp = Math.max(timestamp, Math.trunc(entry.atMs))
    const isCapNotice = place.position + size + bytes > place.capBytes
    const message = isCapNotice ? capNotice(place.capBytes) : entry.message
    records.push({ timestamp, ingestionTime: place.nowMs, isCapNotice, cursor: entry.cursor, message })
    size += isCapNotice ? recordBytes(entry.cursor, message) : bytes
    if (isCapNotice) break
  }
  return { ...writeRecords(records, size, place), taken: taken - from, first: records[0], last: records.at(-1) }
}

function writeRecords(records: readonly RecordInput[], size: number, place: EncodePlace) {
  const bytes = Buffer.allocUnsafe(size)
  const index: IndexEntry[] = []
  let indexed = place.indexedPosition
  let at = 0
  for (const record of records) {
    const position = place.position + at
    if (position - indexed >= indexIntervalBytes) {
      index.push({ position, timestamp: record.timestamp })
      indexed = position
    }
    at = encodeRecord(record, bytes, at)
  }
  return { bytes, index }
}
