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
 * Reads an attempt's output file as it grows. The file carries no times, so each line gets the time
 * of the file's last change when the line is read. For a reader who follows, that is when the line
 * was written. For a reader who comes late, it is when the output ended. The cursor is the offset
 * in the file and the last time given, so that times never decrease.
 *
 * A job that reopens /dev/stdout or /dev/stderr truncates the file, like any output file of its
 * own. What was read before is kept, what was not is lost, and reading continues at the new
 * beginning. If the output is not a regular file, it is not read, and the attempt ends as lost.
 *
 * The file is opened for each look, so that jobs without output cost no descriptor.
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
      // The state is read before the output: once an attempt has ended, what can be read is
      // everything.
      const { kind } = attempts.observe(name)
      // Its file may belong to another attempt by now.
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
        // Most short attempts end within this time, and need no watch.
        await attempts.settled(name, beforeWatchMs, signal)
      } else {
        watch ??= watchDirectory(attempts.directoryOf(name))
        const followed = attempts.followed(name)
        await watch.changed(followed ? followedLookMs : adoptedLookMs, signal, subscriberTo(followed))
        if (followed) attempts.wakeShim(name)
        // Lines that arrive one by one are read a few at a time.
        await delay(betweenReadsMs, signal, { subscribe: subscriberTo(attempts.followed(name)) })
      }
    }
  } finally {
    watch?.close()
  }
}

const usualChunkBytes = 64 * 1024
/** Holds the longest message and the byte after it, which `splitLines` needs. */
const longestChunkBytes = limits.logLineBytes + 1024
const beforeWatchMs = 100
const betweenReadsMs = 10
/** A killed shim changes no file, so this is how often its life is checked. */
const adoptedLookMs = 1000
/**
 * The end of a followed attempt is reported. This is how often the shim is checked for having been
 * stopped.
 */
const followedLookMs = 4000

function parseCursor(cursor: string | undefined): { offset: number; atMs: TimeMs } {
  const match = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor ?? '')
  return match ? { offset: Number(match[1]), atMs: Number(match[2]) } : { offset: 0, atMs: 0 }
}

/**
 * Returns the bytes at the offset, and the file's size and time. Empty if the file does not exist.
 */
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
