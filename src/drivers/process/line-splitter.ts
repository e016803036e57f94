import { limits } from '../../model/limits.ts'

/**
 * Cuts an attempt's output into log messages: by lines, with long lines in pieces, never inside a
 * character.
 */

export interface Line {
  readonly message: string
  /**
   * Offset in the output just after this message. If the message ends its line, the newline is
   * included.
   */
  readonly end: number
}

export interface Split {
  /** Empty lines are left out. */
  readonly lines: Line[]
  /** How many bytes of the chunk were used. The rest begins a line that is not complete. */
  readonly consumed: number
}

/**
 * Splits what was read at `offset`, which must be the beginning of a message. `last` means that no
 * more will come, so the rest is a line. The same bytes are always cut at the same places, wherever
 * reading resumed. To make progress it needs a chunk of more than `limits.logLineBytes`.
 */
export function splitLines(chunk: Buffer, offset: number, last: boolean): Split {
  const lines: Line[] = []
  let at = 0
  while (at < chunk.length) {
    const newline = chunk.indexOf(newlineByte, at)
    const lineEnd = newline < 0 ? chunk.length : newline
    if (newline < 0 && !last && lineEnd - at <= limits.logLineBytes) break
    const { message, end } = firstMessage(chunk, at, lineEnd)
    // The newline belongs to the last message of its line.
    at = end === newline ? end + 1 : end
    if (message !== '') lines.push({ message, end: offset + at })
  }
  return { lines, consumed: at }
}

const newlineByte = 0x0a

/**
 * Returns as much of the line as one message may hold. The result depends only on the bytes from
 * `at` on, so resuming there agrees.
 */
function firstMessage(chunk: Buffer, at: number, lineEnd: number): { message: string; end: number } {
  const end = beginningOfCharacter(chunk, at + limits.logLineBytes, lineEnd)
  const message = chunk.toString('utf8', at, end)
  if (end - at <= limits.logLineBytes / 3 || Buffer.byteLength(message) <= limits.logLineBytes) return { message, end }
  // Each byte that is not UTF-8 becomes three bytes.
  const nearer = beginningOfCharacter(chunk, at + Math.floor(limits.logLineBytes / 3), lineEnd)
  return { message: chunk.toString('utf8', at, nearer), end: nearer }
}

/**
 * Moves the cut back to the beginning of a character, or to the end of the line if that comes
 * first.
 */
function beginningOfCharacter(chunk: Buffer, cut: number, lineEnd: number): number {
  if (cut >= lineEnd) return lineEnd
  let start = cut
  // A UTF-8 character has at most three bytes after its first.
  while (start > cut - 4 && (chunk[start]! & 0xc0) === 0x80) start--
  return start > cut - 4 ? start : cut
}
