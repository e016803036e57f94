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
    if (lineEnd - at > limits.logLineBytes) {
      const end = pieceEnd(chunk, at)
      lines.push(...messagesOf(chunk, at, end, offset, end))
      at = end
      continue
    }
    if (newline < 0 && !last) break
    lines.push(...messagesOf(chunk, at, lineEnd, offset, newline < 0 ? lineEnd : newline + 1))
    at = newline < 0 ? lineEnd : newline + 1
  }
  return { lines, consumed: at }
}

const newlineByte = 0x0a

/** As far as one message may reach, moved back to the beginning of a character. */
function pieceEnd(chunk: Buffer, at: number): number {
  const end = at + limits.logLineBytes
  let start = end
  // A character of UTF-8 has at most three bytes after its first.
  while (start > end - 4 && (chunk[start]! & 0xc0) === 0x80) start--
  return start > end - 4 ? start : end
}

/** One message, or several when bytes that are no UTF-8 grow by their replacement past the limit. */
function messagesOf(chunk: Buffer, from: number, to: number, offset: number, endOfLine: number): Line[] {
  if (from === to) return []
  const message = chunk.toString('utf8', from, to)
  if (to - from <= limits.logLineBytes / 3 || Buffer.byteLength(message) <= limits.logLineBytes) {
    return [{ message, end: offset + endOfLine }]
  }
  const middle = from + Math.floor(limits.logLineBytes / 3)
  return [
    { message: chunk.toString('utf8', from, middle), end: offset + middle },
    ...messagesOf(chunk, middle, to, offset, endOfLine),
  ]
}
