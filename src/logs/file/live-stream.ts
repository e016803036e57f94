/**
 * A stream open for writing: how far it is written, synced and indexed, and what its catalogue row
 * says.
 */
import type { StreamRow } from './catalog-rows.ts'
import { encodeHeader, type RecordInput, type StreamHeader } from './record.ts'
import type { RecoveredStream } from './recovery.ts'
import type { IndexExtent } from './time-index.ts'

export class LiveStream {
  readonly key: string
  readonly group: string
  readonly stream: string
  /** The user whose job writes the stream, where its file says so. */
  readonly owner: string | undefined
  /** Whether requests write it, and no job. */
  readonly byRequests: boolean
  createdMs = 0
  /**
   * The file holds whole records up to here, and readers may read them. 0 means that no line was
   * written, so the stream does not exist.
   */
  writtenBytes = 0
  syncedBytes = 0
  firstMs = 0
  lastMs = 0
  ingestedMs = 0
  cursor: string | undefined
  isCapped = false
  droppedEntries = 0
  sealed = false
  index: IndexExtent

  constructor(key: string, { group, stream, owner, byRequests = false }: StreamNames) {
    this.key = key
    this.group = group
    this.stream = stream
    this.owner = owner
    this.byRequests = byRequests
    this.index = { entries: 0, lastPosition: headerBytesOf(this) }
  }

  /** Continues where an earlier writer stopped, according to the file and the catalogue. */
  resume(found: RecoveredStream, index: IndexExtent, row: StreamRow | undefined): void {
    this.createdMs = found.header.createdMs
    this.writtenBytes = found.end
    this.syncedBytes = found.end
    this.sealed = true
    this.index = index
    const { records } = found
    if (!records) return
    this.firstMs = records.first.timestamp
    this.lastMs = records.last.timestamp
    this.ingestedMs = records.last.ingestionTime
    this.isCapped = records.last.isCapNotice
    this.droppedEntries = row?.droppedEntries ?? 0
    this.cursor = (this.isCapped ? row?.droppedCursor : undefined) ?? records.last.cursor
  }

  /** Notes that the file holds the header, and no record yet. */
  made(headerBytes: number, nowMs: number): void {
    this.createdMs = nowMs
    this.writtenBytes = headerBytes
    this.sealed = false
  }

  /** Whether no record was written. */
  get isEmpty(): boolean {
    return this.writtenBytes <= headerBytesOf(this)
  }

  /** Notes that the file now ends at `end`, after the record `last`. */
  wrote(end: number, first: RecordInput, last: RecordInput): void {
    if (this.writtenBytes === 0) this.createdMs = first.ingestionTime
    if (this.isEmpty) this.firstMs = first.timestamp
    this.writtenBytes = end
    this.lastMs = last.timestamp
    this.ingestedMs = last.ingestionTime
    this.cursor = last.cursor
    this.isCapped = last.isCapNotice
    this.sealed = false
  }

  row(): StreamRow {
    return {
      group: this.group,
      stream: this.stream,
      owner: this.owner,
      byRequests: this.byRequests,
      isEmpty: this.isEmpty,
      creationTime: this.createdMs,
      // Without an event the stream stands where it was made.
      firstEventTimestamp: this.isEmpty ? this.createdMs : this.firstMs,
      lastEventTimestamp: this.isEmpty ? this.createdMs : this.lastMs,
      lastIngestionTime: this.isEmpty ? this.createdMs : this.ingestedMs,
      storedBytes: this.writtenBytes,
      syncedBytes: this.syncedBytes,
      sealed: this.sealed,
      droppedEntries: this.droppedEntries,
      droppedCursor: this.isCapped ? this.cursor : undefined,
    }
  }
}

/** What a stream is called, and whose it is. */
export type StreamNames = Pick<StreamHeader, 'group' | 'stream' | 'owner' | 'byRequests'>

export function headerBytesOf({ group, stream, owner }: StreamNames): number {
  return encodeHeader({ group, stream, owner, createdMs: 0 }).length
}
