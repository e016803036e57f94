import { closeSync, readSync } from 'node:fs'
import { delay } from '../../ground/timers.ts'
import { limits } from '../../model/limits.ts'
import type { LogEntry } from '../../model/log-entry.ts'
import type { TimeMs } from '../../model/time.ts'
import { type Attempts, subscriberTo } from './attempts.ts'
import { type DirectoryWatch, watchDirectory } from './change.ts'
import { splitLines } from './line-splitter.ts'
import { openOwnFile } from './own-files.ts'

/**
 * Reads an attempt's output file as it grows. The file carries no times: a line is given that of the file's last
 * change when it is read. That is when it was written for a reader who follows, and when the output ended for one who
 * comes late. The cursor is the offset in the file and the time last given, so that times never decrease.
 *
 * A job that opens /dev/stdout or /dev/stderr anew cuts the file to nothing, as any output file of its own; what was
 * read before is kept, what was not is lost, and reading goes on at the new beginning. What is no file is not read: the
 * attempt then ends as lost.
 *
 * The file is opened for each look, so that jobs which say nothing cost no descriptor.
 */
export async function* readOutput(
  attempts: Attempts,
  name: string,
  cursor: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogEntry[]> {
  let { offset, atMs } = parseCursor(cursor)
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
      const { chunk, size, mtimeMs } = readFrom(attempts.directoryOf(name), offset, chunkBytes)
      if (size < offset) {
        offset = 0
        if (size > 0) continue
      }
      const { lines, consumed } = splitLines(chunk, offset, over && offset + chunk.length >= size)
      atMs = Math.max(atMs, Math.min(mtimeMs, Date.now()))
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
        const followed = attempts.followed(name)
        await watch.changed(followed ? followedLookMs : adoptedLookMs, signal, subscriberTo(followed))
        if (followed) attempts.wakeShim(name)
        // Lines that come one by one are read a few at a time.
        await delay(betweenReadsMs, signal, { subscribe: subscriberTo(attempts.followed(name)) })
      }
    }
  } finally {
    watch?.close()
  }
}

const usualChunkBytes = 64 * 1024
/** Holds a message of the greatest length and the byte after it, which `splitLines` needs. */
const longestChunkBytes = limits.logLineBytes + 1024
const beforeWatchMs = 100
const betweenReadsMs = 10
/** A killed shim changes no file: so often is looked whether it lives. */
const adoptedLookMs = 1000
/** The end of what is followed is heard of. So often is looked whether its shim was stopped. */
const followedLookMs = 4000

function parseCursor(cursor: string | undefined): { offset: number; atMs: TimeMs } {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '')
  return match ? { offset: Number(match[1]), atMs: Number(match[2]) } : { offset: 0, atMs: 0 }
}

/** What stands at the offset, and the file's size and time; nothing of a file that is not there. */
function readFrom(directory: string, offset: number, bytes: number): { chunk: Buffer; size: number; mtimeMs: number } {
  const opened = openOwnFile(directory, 'output')
  if (opened.kind !== 'file') return { chunk: Buffer.alloc(0), size: 0, mtimeMs: 0 }
  const { fd, stat } = opened
  try {
    const { size } = stat
    const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, size - offset)))
    const read = chunk.length === 0 ? 0 : readSync(fd, chunk, 0, chunk.length, offset)
    return { chunk: chunk.subarray(0, read), size, mtimeMs: Math.trunc(stat.mtimeMs) }
  } finally {
    closeSync(fd)
  }
}
