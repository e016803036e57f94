import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import type { TimeMs } from '../../model/time.ts'
import { type Attempts, subscriberTo } from './attempts.ts'
import { type DirectoryWatch, pause, watchDirectory } from './change.ts'
import { splitLines } from './line-splitter.ts'

/**
 * Reads an attempt's output file as it grows. The file carries no times: a line is given that of the file's last
 * change when it is read. That is when it was written for a reader who follows, and when the output ended for one who
 * comes late. The cursor is the offset in the file and the time last given, so that times never decrease.
 *
 * A job that opens /dev/stdout or /dev/stderr anew cuts the file to nothing, as any output file of its own; what was
 * read before is kept, what was not is lost, and reading goes on at the new beginning.
 */
export async function* readOutput(
  attempts: Attempts,
  name: string,
  cursor: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEntry[]> {
  let { offset, atMs } = parseCursor(cursor)
  let fd: number | undefined
  let watch: DirectoryWatch | undefined
  let chunkBytes = usualChunkBytes
  let turns = 0
  try {
    for (;;) {
      if (signal.aborted) return
      attempts.throwIfClosed()
      // Looked at before reading: what is read of an attempt that had ended is all there is.
      const { kind } = attempts.observe(name)
      // Its file may be another attempt's by now.
      if (kind === 'absent') return
      const over = kind === 'exited' || kind === 'lost'
      fd ??= openOutput(join(attempts.directoryOf(name), 'output'))
      const stat = fd === undefined ? undefined : fstatSync(fd)
      if (stat !== undefined && stat.size < offset) offset = 0
      const chunk = readChunk(fd, offset, Math.min(chunkBytes, (stat?.size ?? 0) - offset))
      const { lines, consumed } = splitLines(chunk, offset, over && offset + chunk.length >= (stat?.size ?? 0))
      atMs = Math.max(atMs, Math.min(Math.trunc(stat?.mtimeMs ?? 0), Date.now()))
      offset += consumed
      if (lines.length > 0) {
        yield lines.map(({ message, end }) => ({ atMs, message, cursor: `${end}.${atMs}` }))
      }
      if (consumed > 0) continue
      if (chunk.length === chunkBytes && chunkBytes < longestChunkBytes) chunkBytes = longestChunkBytes
      else if (over) return
      else if (turns++ === 0) {
        // Most short attempts end within this, and need no watch.
        await attempts.settled(name, beforeWatchMs, signal)
      } else {
        watch ??= watchDirectory(attempts.directoryOf(name))
        await watch.changed(adoptedLookMs, signal, subscriberTo(attempts.followed(name)))
        // Lines that come one by one are read a few at a time.
        await pause(betweenReadsMs, signal, subscriberTo(attempts.followed(name)))
      }
    }
  } finally {
    watch?.close()
    if (fd !== undefined) closeSync(fd)
  }
}

const usualChunkBytes = 64 * 1024
/** Holds a message of the greatest length and the byte after it, which `splitLines` needs. */
const longestChunkBytes = limits.logLineBytes + 1024
const beforeWatchMs = 100
const betweenReadsMs = 10
/** A killed shim changes no file: so often is looked whether it lives. */
const adoptedLookMs = 1000

function parseCursor(cursor: string | undefined): { offset: number; atMs: TimeMs } {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '')
  return match ? { offset: Number(match[1]), atMs: Number(match[2]) } : { offset: 0, atMs: 0 }
}

function openOutput(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    // Not yet made, or removed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readChunk(fd: number | undefined, offset: number, bytes: number): Buffer {
  if (fd === undefined || bytes <= 0) return Buffer.alloc(0)
  const buffer = Buffer.allocUnsafe(bytes)
  return buffer.subarray(0, readSync(fd, buffer, 0, bytes, offset))
}
