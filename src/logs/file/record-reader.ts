/** Reads records out of an open log file, forwards and backwards, a bounded piece at a time. */
import { read as readCallback } from 'node:fs'
import { promisify } from 'node:util'
import { BadPosition } from '../stream-view.ts'
import { type Decoded, decodeBackward, decodeForward, type LogRecord } from './record.ts'

const read = promisify(readCallback)

/**
 * Reads records from `position` on that end at or before `limit`: about `bytes` bytes, and at least
 * one record. Empty when `position` is `limit`. Throws `BadPosition` when no sound record begins at
 * `position`.
 */
export async function readForward(fd: number, position: number, limit: number, bytes: number): Promise<LogRecord[]> {
  if (position >= limit) return []
  let piece = await readPiece(fd, position, Math.min(limit, position + bytes))
  let first = decodeForward(piece, 0, position)
  while (first.kind === 'short' && position + first.needBytes <= limit) {
    piece = await readPiece(fd, position, position + first.needBytes)
    const again = decodeForward(piece, 0, position)
    if (again.kind === 'short' && again.needBytes <= first.needBytes) break
    first = again
  }
  return collect(first, (record) => decodeForward(piece, record.end - position, position), 'begins', position)
}

/**
 * Reads records that end at or before `position` and begin at or after `limit`, the latest first.
 * Otherwise as `readForward`.
 */
export async function readBackward(fd: number, position: number, limit: number, bytes: number): Promise<LogRecord[]> {
  if (position <= limit) return []
  let from = Math.max(limit, position - bytes)
  let piece = await readPiece(fd, from, position)
  let first = decodeBackward(piece, piece.length, from)
  while (first.kind === 'short' && position - first.needBytes >= limit) {
    from = position - first.needBytes
    piece = await readPiece(fd, from, position)
    const again = decodeBackward(piece, piece.length, from)
    if (again.kind === 'short' && again.needBytes <= first.needBytes) break
    first = again
  }
  return collect(first, (record) => decodeBackward(piece, record.position - from, from), 'ends', position)
}

/** A bad record after a good one is not an error yet: the next call begins at it and reports it. */
function collect(first: Decoded, next: (after: LogRecord) => Decoded, edge: string, position: number): LogRecord[] {
  if (first.kind !== 'record') throw new BadPosition(`no log record ${edge} at byte ${position}`)
  const records: LogRecord[] = []
  for (let at: Decoded = first; at.kind === 'record'; at = next(at.record)) records.push(at.record)
  return records
}

/** Returns the bytes from `from` to `to`, or fewer where the file ends. */
export async function readPiece(fd: number, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(to - from)
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await read(fd, bytes, filled, bytes.length - filled, from + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
