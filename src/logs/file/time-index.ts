/**
 * The sparse index beside a log file. It says which time is where in the file, with one entry about
 * every 256 KiB, so that a query for a time range reads a piece of the log and not all of it. A
 * shorter stream has no entries. An entry is 16 bytes: u48 position, u48 timestamp, u32 crc. The
 * index only repeats what the log says. It is written without fsync, and mended from the log when
 * it is short or damaged.
 */
import { crc32 } from 'node:zlib'
import { closeFile, fdatasync, fstat, ftruncate, openOrCreate, withFile, writeAll } from './files.ts'
import { readForward, readPiece } from './record-reader.ts'

export const indexIntervalBytes = 256 * 1024
const entryBytes = 16
const mendPieceBytes = 1_048_576

export interface IndexEntry {
  /** Where a record begins. */
  readonly position: number
  readonly timestamp: number
}

function encodeEntries(entries: readonly IndexEntry[]): Buffer {
  const bytes = Buffer.allocUnsafe(entries.length * entryBytes)
  let at = 0
  for (const { position, timestamp } of entries) {
    const from = at
    at = bytes.writeUIntLE(position, at, 6)
    at = bytes.writeUIntLE(timestamp, at, 6)
    at = bytes.writeUInt32LE(crc32(bytes.subarray(from, at)), at)
  }
  return bytes
}

function decodeEntry(bytes: Buffer, at: number): IndexEntry | undefined {
  if (bytes.length < at + entryBytes) return undefined
  if (bytes.readUInt32LE(at + 12) !== crc32(bytes.subarray(at, at + 12))) return undefined
  return { position: bytes.readUIntLE(at, 6), timestamp: bytes.readUIntLE(at + 6, 6) }
}

/** Adds entries at the index's end. `entriesBefore` is how many it already has. */
export async function appendEntries(
  path: string,
  entriesBefore: number,
  entries: readonly IndexEntry[],
): Promise<void> {
  const fd = await openOrCreate(path)
  try {
    await writeAll(fd, encodeEntries(entries), entriesBefore * entryBytes)
  } finally {
    await closeFile(fd)
  }
}

export async function syncIndex(path: string): Promise<void> {
  await withFile(path, 'r+', fdatasync)
}

/**
 * Finds the last indexed record that is strictly before `timeMs`. Every record at or after that
 * time lies behind it. Undefined when no entry is early enough; `damaged` when an entry that was
 * read is not sound.
 */
export async function findBefore(path: string, timeMs: number): Promise<IndexEntry | 'damaged' | undefined> {
  return withFile(path, 'r', async (fd) => {
    let low = 0
    let high = Math.floor((await fstat(fd)).size / entryBytes)
    let found: IndexEntry | undefined
    while (low < high) {
      const middle = (low + high) >>> 1
      const bytes = await readPiece(fd, middle * entryBytes, (middle + 1) * entryBytes)
      const entry = decodeEntry(bytes, 0)
      if (!entry) return 'damaged'
      if (entry.timestamp < timeMs) {
        found = entry
        low = middle + 1
      } else high = middle
    }
    return found
  })
}

/** How much of an index is sound: the number of entries, and the last of them. */
export interface IndexExtent {
  readonly entries: number
  readonly lastPosition: number
}

/**
 * Mends the index of a log whose records lie in [start, end). Cuts off unsound entries and those
 * past the end, then adds the missing ones by reading the log from the last good entry on.
 */
export async function mendIndex(path: string, logFd: number, start: number, end: number): Promise<IndexExtent> {
  const sound = (await withFile(path, 'r+', (fd) => keepSound(fd, start, end))) ?? { entries: 0, lastPosition: start }
  let { entries, lastPosition } = sound
  let position = lastPosition
  while (end - position > indexIntervalBytes) {
    const records = await readForward(logFd, position, end, mendPieceBytes)
    const missing: IndexEntry[] = []
    for (const record of records) {
      if (record.position - lastPosition < indexIntervalBytes) continue
      lastPosition = record.position
      missing.push(record)
    }
    position = records.at(-1)!.end
    if (missing.length > 0) await appendEntries(path, entries, missing)
    entries += missing.length
  }
  return { entries, lastPosition }
}

async function keepSound(fd: number, start: number, end: number): Promise<IndexExtent> {
  const bytes = await readPiece(fd, 0, (await fstat(fd)).size)
  let entries = 0
  let last: IndexEntry = { position: start, timestamp: 0 }
  for (let at = 0; at < bytes.length; at += entryBytes) {
    const entry = decodeEntry(bytes, at)
    if (!entry || entry.position <= last.position || entry.position >= end || entry.timestamp < last.timestamp) break
    last = entry
    entries++
  }
  if (entries * entryBytes < bytes.length) await ftruncate(fd, entries * entryBytes)
  return { entries, lastPosition: last.position }
}
