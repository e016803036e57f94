import { limits } from '../../model/limits.ts'

/** Cuts an attempt's output into log messages: by lines, long lines in pieces, never inside a character. */

export interface Line {
  readonly message: string
  /** Offset in the output just after this message and, when it ends its line, its newline. */
  readonly end: number
}

export interface Split {
  /** Empty lines are left out. */
  readonly lines: Line[]
  /** How many bytes of the chunk are dealt with; the rest begins a line that is not complete. */
  readonly consumed: number
}

/**
 * Splits what was read at `offset`, which must be where a message begins. `last` says that no more will come, so that
 * the rest is a line. Given the same bytes it cuts at the same places, wherever reading began anew. To get on, it needs a
 * chunk of more than `limits.logLineBytes`.
 */
export function splitLines(chunk: Buffer, offset: number, last: boolean): Split {
  const lines: Line[] = []
  let at = 0
  while (at < chunk.length) {
    const newline = chunk.indexOf(newlineByte, at)
    const lineEnd = newline < 0 ? chunk.length : newline
    if (newline < 0 && !last && lineEnd - at <= limits.logLineBytes) break
    const { message, end } = firstMessage(chunk, at, lineEnd)
    // The newline goes with the last message of its line.
    at = end === newline ? end + 1 : end
    if (message !== '') lines.push({ message, end: offset + at })
  }
  return { lines, consumed: at }
}

const newlineByte = 0x0a

/** As much of the line as one message may hold. It depends on the bytes from `at` on alone, so resuming there agrees. */
function firstMessage(chunk: Buffer, at: number, lineEnd: number): { message: string; end: number } {
  const end = beginningOfCharacter(chunk, at + limits.logLineBytes, lineEnd)
  const message = chunk.toString('utf8', at, end)
  if (end - at <= limits.logLineBytes / 3 || Buffer.byteLength(message) <= limits.logLineBytes) return { message, end }
  // Bytes that are no UTF-8 become three bytes each.
  const nearer = beginningOfCharacter(chunk, at + Math.floor(limits.logLineBytes / 3), lineEnd)
  return { message: chunk.toString('utf8', at, nearer), end: nearer }
}

/** The cut moved back to where a character begins; the end of the line if that comes first. */
function beginningOfCharacter(chunk: Buffer, cut: number, lineEnd: number): number {
  if (cut >= lineEnd) return lineEnd
  let start = cut
  // A character of UTF-8 has at most three bytes after its first.
  while (start > cut - 4 && (chunk[start]! & 0xc0) === 0x80) start--
  return start > cut - 4 ? start : cut
}
