import { isUtf8 } from 'node:buffer'
import type { LogEntry } from '../../model/log-entry.ts'
import { formatCursor, gridMs, type LogPlace } from './log-cursor.ts'
import type { LogFrame } from './log-frames.ts'

/** Puts an engine's messages together to lines, cuts overlong ones, and knows the place after each. */
export interface LineReader {
  /** The lines these messages complete. */
  take(frames: readonly LogFrame[]): LogEntry[]
  /** What is left without a newline; to be called once, when the attempt has ended and all was taken. */
  finish(): LogEntry[]
  /** Where reading would go on after the last entry given. */
  place(): LogPlace
}

/** What is known of the beginning of a line whose end has not come. Never empty while the line is open. */
interface OpenLine {
  chunks: Buffer[]
  bytes: number
  /** The messages the bytes came in, of which `given` bytes of the first are given already. */
  messages: { bytes: number; cell: number }[]
  given: number
}

const newline = 0x0a
/** Docker cuts messages at so many bytes. */
const partBytes = 16 * 1024
const cellOf = (atMs: number) => Math.floor(atMs / gridMs)

export interface LineRules {
  /** The longest line given in one piece, bytes. */
  readonly mostBytes: number
  /**
   * Whether a message ends its line only by a newline. Docker's `local` driver leaves the newline away after the last part of a long line,
   * but there only parts that others follow have the full 16 KiB.
   */
  readonly onlyNewlineEnds: boolean
}

/** Goes on after `from`: messages before it, which the engine gives again, are counted and left out. */
export function createLineReader(from: LogPlace, { mostBytes, onlyNewlineEnds }: LineRules): LineReader {
  const isFresh = from.latestMs === 0
  // Once a stamp lay before `since` (the clock was set back), only counting from the beginning is safe.
  let countsAll = from.since === 0 && !isFresh
  let since = from.since
  let latestMs = from.latestMs
  const total: [number, number] = [...from.total]
  const skipMessages = countsAll ? [...from.total] : [...from.counted]
  const skipBytes = [...from.bytes]
  /** Messages given of each cell of the time grid from `since` on, and their sum. */
  const cells = new Map<number, [number, number]>()
  const counted: [number, number] = [0, 0]
  const open: [OpenLine, OpenLine] = [emptyLine(), emptyLine()]

  function count(stream: 0 | 1, cell: number): void {
    if (countsAll) return
    const counts = cells.get(cell)
    if (counts) counts[stream]++
    else cells.set(cell, stream === 0 ? [1, 0] : [0, 1])
    counted[stream]++
  }

  /** `since` follows one cell behind the latest stamp, but never past the beginning of an open line. */
  function follow(): void {
    if (countsAll) return
    let cell = cellOf(latestMs)
    for (const line of open) if (line.messages.length > 0) cell = Math.min(cell, line.messages[0]!.cell)
    if (cell - 1 <= since) return
    since = cell - 1
    for (const [old, counts] of cells) {
      if (old >= since) continue
      cells.delete(old)
      counted[0] -= counts[0]
      counted[1] -= counts[1]
    }
  }

  function place(): LogPlace {
    follow()
    const bytes = [open[0].given, open[1].given] as const
    return countsAll
      ? { since: 0, counted: [0, 0], bytes, latestMs, total: [...total] }
      : { since, counted: [...counted], bytes, latestMs, total: [...total] }
  }

  function entry(message: string): LogEntry {
    return { atMs: latestMs, message, cursor: formatCursor(place()) }
  }

  /** Counts the messages that these next bytes of the line came in. */
  function give(stream: 0 | 1, bytes: number): void {
    const line = open[stream]
    line.bytes -= bytes
    line.given += bytes
    while (line.messages.length > 0 && line.given >= line.messages[0]!.bytes) {
      const message = line.messages.shift()!
      line.given -= message.bytes
      total[stream]++
      count(stream, message.cell)
    }
  }

  /** Gives what can be given of an open line; all of it if it is complete. */
  function cut(stream: 0 | 1, isComplete: boolean, entries: LogEntry[]): void {
    const line = open[stream]
    const all = line.chunks.length === 1 ? line.chunks[0]! : Buffer.concat(line.chunks)
    const hasNewline = isComplete && all[all.length - 1] === newline
    const text = hasNewline ? all.subarray(0, -1) : all
    let at = 0
    for (let bytes = pieceBytes(text, at); bytes > 0; bytes = pieceBytes(text, at)) {
      const isLast = at + bytes === text.length
      give(stream, isLast && hasNewline ? bytes + 1 : bytes)
      entries.push(entry(text.toString('utf8', at, at + bytes)))
      at += bytes
    }
    if (hasNewline && at === 0) give(stream, 1)
    if (isComplete) give(stream, 0)
    line.chunks = at < text.length ? [all.subarray(at)] : []

    function pieceBytes(buffer: Buffer, begin: number): number {
      const left = buffer.length - begin
      // Until its end has come, a line is given only as far as it must be cut: then the cuts do not depend on when its
      // parts came.
      if (left <= mostBytes && !isComplete) return 0
      if (left <= mostBytes / 3) return left
      const bytes = left <= mostBytes ? left : wholeCharacters(buffer, begin, mostBytes)
      if (isUtf8(buffer.subarray(begin, begin + bytes))) return bytes
      // A byte that is not UTF-8 becomes a character of three.
      return wholeCharacters(buffer, begin, Math.floor(mostBytes / 3))
    }
  }

  function takeOne(frame: LogFrame, entries: LogEntry[]): void {
    const stream = frame.stream === 1 ? 0 : 1
    const cell = cellOf(frame.atMs)
    if (!countsAll && cell < since) {
      countsAll = true
      cells.clear()
    }
    if (skipMessages[stream]! > 0) {
      skipMessages[stream]!--
      count(stream, cell)
      return
    }
    if (frame.atMs > latestMs) latestMs = frame.atMs
    const { content } = frame
    const hasNewline = content[content.length - 1] === newline
    const isComplete = hasNewline || (!onlyNewlineEnds && content.length < partBytes)
    const line = open[stream]
    if (hasNewline && line.messages.length === 0 && content.length <= mostBytes / 3 && skipBytes[stream] === 0) {
      total[stream]++
      count(stream, cell)
      if (content.length > 1) entries.push(entry(content.toString('utf8', 0, content.length - 1)))
      return
    }
    const skipped = Math.min(skipBytes[stream]!, content.length)
    skipBytes[stream] = 0
    line.given += skipped
    line.bytes += content.length - skipped
    line.messages.push({ bytes: content.length, cell })
    line.chunks.push(skipped > 0 ? content.subarray(skipped) : content)
    if (isComplete || line.bytes > mostBytes) cut(stream, isComplete, entries)
  }

  return {
    take(frames) {
      const entries: LogEntry[] = []
      for (const frame of frames) takeOne(frame, entries)
      return entries
    },
    finish() {
      const entries: LogEntry[] = []
      for (const stream of [0, 1] as const) if (open[stream].messages.length > 0) cut(stream, true, entries)
      return entries
    },
    place,
  }
}

function emptyLine(): OpenLine {
  return { chunks: [], bytes: 0, messages: [], given: 0 }
}

/** At most so many bytes from `begin`, fewer where that would cut a character. */
function wholeCharacters(buffer: Buffer, begin: number, most: number): number {
  for (let bytes = most; bytes > most - 4; bytes--) {
    // Bytes 10xxxxxx go on with a character; any other begins one.
    if ((buffer[begin + bytes]! & 0xc0) !== 0x80) return bytes
  }
  return most
}
