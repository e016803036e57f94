import { isUtf8 } from 'node:buffer'
import type { LogEntry } from '../../model/log-entry.ts'
import { formatCursor, gridMs, type LogPlace } from './log-cursor.ts'
import type { LogFrame } from './log-frames.ts'

/** The beginning of a line whose end has not arrived. Never empty while the line is open. */
interface OpenLine {
  chunks: Buffer[]
  bytes: number
  /** The messages that the bytes came in. `given` bytes of the first one are given already. */
  messages: { bytes: number; cell: number }[]
  given: number
}

const newline = 0x0a
/** Docker cuts messages at this many bytes. */
const partBytes = 16 * 1024
const cellOf = (atMs: number) => Math.floor(atMs / gridMs)

export interface LineRules {
  /** The longest line that is given in one piece, bytes. */
  readonly mostBytes: number
  /**
   * Whether only a newline ends a message's line. Docker's `local` driver omits the newline after
   * the last part of a long line. There, only parts with a successor have the full 16 KiB.
   */
  readonly onlyNewlineEnds: boolean
}

/**
 * Joins an engine's messages into lines, cuts lines that are too long, and knows the place after
 * each. It can resume after a place: earlier messages, which the engine sends again, are counted
 * and left out.
 */
export class LineReader {
  readonly #mostBytes: number
  readonly #onlyNewlineEnds: boolean
  /**
   * Once a stamp lies before `since` (the clock was set back), only counting from the beginning is
   * safe.
   */
  #countsAll: boolean
  #since: number
  #latestMs: number
  readonly #total: [number, number]
  readonly #skipMessages: number[]
  readonly #skipBytes: number[]
  /** How many messages were given in each cell of the time grid from `since` on, and their sum. */
  readonly #cells = new Map<number, [number, number]>()
  readonly #counted: [number, number] = [0, 0]
  readonly #open: [OpenLine, OpenLine] = [emptyLine(), emptyLine()]

  constructor(from: LogPlace, { mostBytes, onlyNewlineEnds }: LineRules) {
    const isFresh = from.latestMs === 0
    this.#mostBytes = mostBytes
    this.#onlyNewlineEnds = onlyNewlineEnds
    this.#countsAll = from.since === 0 && !isFresh
    this.#since = from.since
    this.#latestMs = from.latestMs
    this.#total = [...from.total]
    this.#skipMessages = this.#countsAll ? [...from.total] : [...from.counted]
    this.#skipBytes = [...from.bytes]
  }

  /** Returns the lines that these messages complete. */
  take(frames: readonly LogFrame[]): LogEntry[] {
    const entries: LogEntry[] = []
    for (const frame of frames) this.#takeOne(frame, entries)
    return entries
  }

  /**
   * Returns what is left without a newline. Called once, when the attempt has ended and all
   * messages were taken.
   */
  finish(): LogEntry[] {
    const entries: LogEntry[] = []
    for (const stream of [0, 1] as const) if (this.#open[stream].messages.length > 0) this.#cut(stream, true, entries)
    return entries
  }

  #count(stream: 0 | 1, cell: number): void {
    if (this.#countsAll) return
    const counts = this.#cells.get(cell)
    if (counts) counts[stream]++
    else this.#cells.set(cell, stream === 0 ? [1, 0] : [0, 1])
    this.#counted[stream]++
  }

  /**
   * `since` stays one cell behind the latest stamp, and never passes the beginning of an open line.
   */
  #follow(): void {
    if (this.#countsAll) return
    let cell = cellOf(this.#latestMs)
    for (const line of this.#open) if (line.messages.length > 0) cell = Math.min(cell, line.messages[0]!.cell)
    if (cell - 1 <= this.#since) return
    this.#since = cell - 1
    for (const [old, counts] of this.#cells) {
      if (old >= this.#since) continue
      this.#cells.delete(old)
      this.#counted[0] -= counts[0]
      this.#counted[1] -= counts[1]
    }
  }

  /** The place where reading would continue after the last entry. */
  place(): LogPlace {
    this.#follow()
    const bytes = [this.#open[0].given, this.#open[1].given] as const
    return this.#countsAll
      ? { since: 0, counted: [0, 0], bytes, latestMs: this.#latestMs, total: [...this.#total] }
      : { since: this.#since, counted: [...this.#counted], bytes, latestMs: this.#latestMs, total: [...this.#total] }
  }

  #entry(message: string): LogEntry {
    return { atMs: this.#latestMs, message, cursor: formatCursor(this.place()) }
  }

  /** Counts the messages that these next bytes of the line came in. */
  #give(stream: 0 | 1, bytes: number): void {
    const line = this.#open[stream]
    line.bytes -= bytes
    line.given += bytes
    while (line.messages.length > 0 && line.given >= line.messages[0]!.bytes) {
      const message = line.messages.shift()!
      line.given -= message.bytes
      this.#total[stream]++
      this.#count(stream, message.cell)
    }
  }

  /** Gives what can be given of an open line: all of it if it is complete. */
  #cut(stream: 0 | 1, isComplete: boolean, entries: LogEntry[]): void {
    const line = this.#open[stream]
    const all = line.chunks.length === 1 ? line.chunks[0]! : Buffer.concat(line.chunks)
    const hasNewline = isComplete && all[all.length - 1] === newline
    const text = hasNewline ? all.subarray(0, -1) : all
    let at = 0
    const nextBytes = () => this.#pieceBytes(text, at, isComplete)
    for (let bytes = nextBytes(); bytes > 0; bytes = nextBytes()) {
      const isLast = at + bytes === text.length
      this.#give(stream, isLast && hasNewline ? bytes + 1 : bytes)
      entries.push(this.#entry(text.toString('utf8', at, at + bytes)))
      at += bytes
    }
    if (hasNewline && at === 0) this.#give(stream, 1)
    if (isComplete) this.#give(stream, 0)
    line.chunks = at < text.length ? [all.subarray(at)] : []
  }

  /** How much of the line from `begin` on is given in one piece; 0 if nothing is given yet. */
  #pieceBytes(buffer: Buffer, begin: number, isComplete: boolean): number {
    const left = buffer.length - begin
    // Until its end has arrived, a line is given only as far as it must be cut. The cuts then do
    // not depend on when its parts arrived.
    if (left <= this.#mostBytes && !isComplete) return 0
    if (left <= this.#mostBytes / 3) return left
    const bytes = left <= this.#mostBytes ? left : wholeCharacters(buffer, begin, this.#mostBytes)
    if (isUtf8(buffer.subarray(begin, begin + bytes))) return bytes
    // A byte that is not UTF-8 becomes a character of three bytes.
    return wholeCharacters(buffer, begin, Math.floor(this.#mostBytes / 3))
  }

  #takeOne(frame: LogFrame, entries: LogEntry[]): void {
    const stream = frame.stream === 1 ? 0 : 1
    const cell = cellOf(frame.atMs)
    if (!this.#countsAll && cell < this.#since) {
      this.#countsAll = true
      this.#cells.clear()
    }
    if (this.#skipMessages[stream]! > 0) {
      this.#skipMessages[stream]!--
      this.#count(stream, cell)
      return
    }
    if (frame.atMs > this.#latestMs) this.#latestMs = frame.atMs
    const { content } = frame
    const hasNewline = content[content.length - 1] === newline
    const isComplete = hasNewline || (!this.#onlyNewlineEnds && content.length < partBytes)
    const line = this.#open[stream]
    if (
      hasNewline &&
      line.messages.length === 0 &&
      content.length <= this.#mostBytes / 3 &&
      this.#skipBytes[stream] === 0
    ) {
      this.#total[stream]++
      this.#count(stream, cell)
      if (content.length > 1) entries.push(this.#entry(content.toString('utf8', 0, content.length - 1)))
      return
    }
    const skipped = Math.min(this.#skipBytes[stream]!, content.length)
    this.#skipBytes[stream] = 0
    line.given += skipped
    line.bytes += content.length - skipped
    line.messages.push({ bytes: content.length, cell })
    line.chunks.push(skipped > 0 ? content.subarray(skipped) : content)
    if (isComplete || line.bytes > this.#mostBytes) this.#cut(stream, isComplete, entries)
  }
}

function emptyLine(): OpenLine {
  return { chunks: [], bytes: 0, messages: [], given: 0 }
}

/** Counts at most `most` bytes from `begin`, and fewer if that would cut a character. */
function wholeCharacters(buffer: Buffer, begin: number, most: number): number {
  for (let bytes = most; bytes > most - 4; bytes--) {
    // A byte 10xxxxxx continues a character. Any other byte begins one.
    if ((buffer[begin + bytes]! & 0xc0) !== 0x80) return bytes
  }
  return most
}
