/**
 * Reads a log file to find out what it holds. This is needed for a stream that was not finished
 * when the process or the machine went down, and for a stream that the catalogue does not know.
 * Only the part that was never synced is read. A tail that is not a whole, sound record is cut off.
 */
import { BadPosition } from '../stream-view.ts'
import { fdatasync, fstat, ftruncate } from './files.ts'
import { decodeHeader, headerBytesMax, type LogRecord, type StreamHeader } from './record.ts'
import { readBackward, readForward, readPiece } from './record-reader.ts'

const scanPieceBytes = 1_048_576
const firstRecordPieceBytes = 4096

export interface RecoveredStream {
  readonly header: StreamHeader
  readonly start: number
  readonly end: number
  /** Absent for a stream of requests that is empty. */
  readonly records?: { readonly first: LogRecord; readonly last: LogRecord }
}

/**
 * Reads the file from `soundTo` on and cuts it after its last sound record. `soundTo` is a position
 * known to be on disk and to end a record; 0 if nothing is known. If the file of a job's stream
 * holds no event, it is cut to nothing and the result is undefined: the stream then does not exist.
 */
export async function recoverStream(fd: number, soundTo: number): Promise<RecoveredStream | undefined> {
  const size = (await fstat(fd)).size
  const header = decodeHeader(await readPiece(fd, 0, headerBytesMax))
  if (!header) {
    await ftruncate(fd, 0)
    return undefined
  }
  const start = header.headerBytes
  const known = soundTo > start && soundTo <= size ? await lastRecordBefore(fd, soundTo, start) : undefined
  const last = (await lastSoundRecord(fd, known?.end ?? start, size)) ?? known
  if (!last) {
    await ftruncate(fd, header.byRequests ? start : 0)
    return header.byRequests ? { header, start, end: start } : undefined
  }
  if (last.end < size) {
    await ftruncate(fd, last.end)
    await fdatasync(fd)
  }
  const [first] = await readForward(fd, start, last.end, firstRecordPieceBytes)
  return { header, start, end: last.end, records: { first: first!, last } }
}

async function lastRecordBefore(fd: number, position: number, start: number): Promise<LogRecord | undefined> {
  try {
    return (await readBackward(fd, position, start, firstRecordPieceBytes))[0]
  } catch (error) {
    // The catalogue's position does not fit this file, so the whole file must be read.
    if (error instanceof BadPosition) return undefined
    throw error
  }
}

async function lastSoundRecord(fd: number, from: number, size: number): Promise<LogRecord | undefined> {
  let last: LogRecord | undefined
  try {
    for (let position = from; position < size; position = last.end) {
      last = (await readForward(fd, position, size, scanPieceBytes)).at(-1)!
    }
  } catch (error) {
    if (!(error instanceof BadPosition)) throw error
  }
  return last
}
