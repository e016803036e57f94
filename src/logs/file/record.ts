/**
 * The bytes of a log file: a header that names the stream, then one record an event, each with its
 * length at both ends so that the file can be read forwards and backwards from any record. Numbers
 * are little-endian.
 *
 *   header   "openblog"  u16 version  u48 creation ms  u16 group bytes  u16 stream bytes  group  stream  [owner]  u32 crc of all before
 *   owner    u16 owner bytes  owner; not in version 1, so that a header without an owner is as earlier versions wrote it
 *   version  2: a job writes the stream; 3: requests write it, and it exists before its first record
 *   record   u32 n  u32 crc of the body  body (n bytes)  u32 n
 *   body     u48 timestamp ms  u48 ingestion ms  u8 flags  u8 cursor bytes  cursor (ASCII)  message (UTF-8, at least one byte)
 *
 * A record counts only if both lengths and the crc agree, so a torn tail cannot be taken for a
 * record. Pure.
 */
import { crc32 } from 'node:zlib'
import { limits } from '../../model/limits.ts'

const magic = Buffer.from('openblog')
const version = 1
const versionWithOwner = 2
const versionOfRequests = 3
const headerFixedBytes = magic.length + 2 + 6 + 2 + 2
const bodyFixedBytes = 6 + 6 + 1 + 1

const prefixBytes = 8
const frameBytes = prefixBytes + 4
export const cursorBytesMax = 64
const bodyBytesMin = bodyFixedBytes + 1
const bodyBytesMax = bodyFixedBytes + cursorBytesMax + limits.logLineBytes
/** No record is longer than this. */
export const recordBytesMax = frameBytes + bodyBytesMax
/**
 * No header is longer than this. Names have at most 512 characters of at most 3 bytes each; a
 * surrogate pair has 4 bytes for two characters.
 */
export const headerBytesMax = headerFixedBytes + 2 * 512 * 3 + 2 + 512 + 4

export interface StreamHeader {
  readonly group: string
  readonly stream: string
  readonly createdMs: number
  /** The user whose job writes the stream, where that is known. */
  readonly owner?: string | undefined
  /** Whether requests write the stream, and no job. It then has an owner, and may be empty. */
  readonly byRequests?: boolean
}

export interface LogRecord {
  /** Where the record begins and ends in the file. */
  readonly position: number
  readonly end: number
  readonly timestamp: number
  readonly ingestionTime: number
  /**
   * Set on the notice that openbatch writes when the stream reaches its cap. It is always the last
   * record of its stream.
   */
  readonly isCapNotice: boolean
  readonly cursor: string
  readonly message: string
}

export interface RecordInput {
  readonly timestamp: number
  readonly ingestionTime: number
  readonly isCapNotice: boolean
  readonly cursor: string
  readonly message: string
}

export function encodeHeader(header: StreamHeader): Buffer {
  const group = Buffer.from(header.group)
  const stream = Buffer.from(header.stream)
  const owner = header.owner === undefined ? undefined : Buffer.from(header.owner)
  const bytes = Buffer.alloc(headerFixedBytes + group.length + stream.length + (owner ? 2 + owner.length : 0) + 4)
  let at = magic.copy(bytes)
  const written = header.byRequests ? versionOfRequests : owner ? versionWithOwner : version
  at = bytes.writeUInt16LE(written, at)
  at = bytes.writeUIntLE(header.createdMs, at, 6)
  at = bytes.writeUInt16LE(group.length, at)
  at = bytes.writeUInt16LE(stream.length, at)
  at += group.copy(bytes, at)
  at += stream.copy(bytes, at)
  if (owner) {
    at = bytes.writeUInt16LE(owner.length, at)
    at += owner.copy(bytes, at)
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(0, at)), at)
  return bytes
}

/** Undefined if the bytes do not begin with a whole, sound header. */
export function decodeHeader(bytes: Buffer): (StreamHeader & { headerBytes: number }) | undefined {
  if (bytes.length < headerFixedBytes || magic.compare(bytes, 0, magic.length) !== 0) return undefined
  let at = magic.length
  const written = bytes.readUInt16LE(at)
  if (written !== version && written !== versionWithOwner && written !== versionOfRequests) return undefined
  const hasOwner = written !== version
  const createdMs = bytes.readUIntLE(at + 2, 6)
  const groupBytes = bytes.readUInt16LE(at + 8)
  const streamBytes = bytes.readUInt16LE(at + 10)
  at = headerFixedBytes
  const namesEnd = at + groupBytes + streamBytes
  if (hasOwner && bytes.length < namesEnd + 2) return undefined
  const end = hasOwner ? namesEnd + 2 + bytes.readUInt16LE(namesEnd) : namesEnd
  if (bytes.length < end + 4 || bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) return undefined
  const group = bytes.toString('utf8', at, at + groupBytes)
  const stream = bytes.toString('utf8', at + groupBytes, namesEnd)
  const owner = hasOwner ? bytes.toString('utf8', namesEnd + 2, end) : undefined
  const byRequests = written === versionOfRequests
  return { group, stream, createdMs, owner, ...(byRequests && { byRequests }), headerBytes: end + 4 }
}

/** How many bytes the record occupies. */
export function recordBytes(cursor: string, message: string): number {
  return frameBytes + bodyFixedBytes + cursor.length + Buffer.byteLength(message)
}

/**
 * Writes the record at `at`, where `bytes` must have room for it, and returns the position after
 * it.
 */
export function encodeRecord(record: RecordInput, bytes: Buffer, at: number): number {
  const body = at + prefixBytes
  let end = bytes.writeUIntLE(record.timestamp, body, 6)
  end = bytes.writeUIntLE(record.ingestionTime, end, 6)
  end = bytes.writeUInt8(record.isCapNotice ? 1 : 0, end)
  end = bytes.writeUInt8(record.cursor.length, end)
  end += bytes.write(record.cursor, end, 'latin1')
  end += bytes.write(record.message, end, 'utf8')
  bytes.writeUInt32LE(end - body, at)
  bytes.writeUInt32LE(crc32(bytes.subarray(body, end)), at + 4)
  return bytes.writeUInt32LE(end - body, end)
}

/**
 * The verdict on a record at the end of what was read. `short` may become whole when more bytes are
 * read.
 */
export type Decoded = { kind: 'record'; record: LogRecord } | { kind: 'short'; needBytes: number } | { kind: 'bad' }

/**
 * The record that begins at index `at` of `bytes`, where `bytes` begins at `filePosition` of the
 * file.
 */
export function decodeForward(bytes: Buffer, at: number, filePosition: number): Decoded {
  if (bytes.length - at < 4) return { kind: 'short', needBytes: 4 }
  const n = bytes.readUInt32LE(at)
  if (n < bodyBytesMin || n > bodyBytesMax) return { kind: 'bad' }
  if (bytes.length - at < n + frameBytes) return { kind: 'short', needBytes: n + frameBytes }
  return decodeWhole(bytes, at, n, filePosition)
}

/** The record that ends at index `end` of `bytes`. */
export function decodeBackward(bytes: Buffer, end: number, filePosition: number): Decoded {
  if (end < 4) return { kind: 'short', needBytes: 4 }
  const n = bytes.readUInt32LE(end - 4)
  if (n < bodyBytesMin || n > bodyBytesMax) return { kind: 'bad' }
  if (end < n + frameBytes) return { kind: 'short', needBytes: n + frameBytes }
  return decodeWhole(bytes, end - n - frameBytes, n, filePosition)
}

function decodeWhole(bytes: Buffer, at: number, n: number, filePosition: number): Decoded {
  const body = at + prefixBytes
  const bodyEnd = body + n
  if (bytes.readUInt32LE(at) !== n || bytes.readUInt32LE(bodyEnd) !== n) return { kind: 'bad' }
  if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(body, bodyEnd))) return { kind: 'bad' }
  const messageAt = body + bodyFixedBytes + bytes.readUInt8(body + 13)
  if (messageAt >= bodyEnd) return { kind: 'bad' }
  const record = {
    position: filePosition + at,
    end: filePosition + bodyEnd + 4,
    timestamp: bytes.readUIntLE(body, 6),
    ingestionTime: bytes.readUIntLE(body + 6, 6),
    isCapNotice: (bytes.readUInt8(body + 12) & 1) === 1,
    cursor: bytes.toString('latin1', body + bodyFixedBytes, messageAt),
    message: bytes.toString('utf8', messageAt, bodyEnd),
  }
  return { kind: 'record', record }
}
