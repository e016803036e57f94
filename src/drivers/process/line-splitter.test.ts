import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../model/limits.ts'
import { splitLines } from './line-splitter.ts'

/**
 * Reads the whole output as the driver does, from `offset`, in chunks of that size (larger when a
 * line does not fit).
 */
function readAll(output: Buffer, chunkBytes: number, offset = 0) {
  const lines: { message: string; end: number }[] = []
  let bytes = chunkBytes
  for (let at = offset; at < output.length; ) {
    const chunk = output.subarray(at, at + bytes)
    const split = splitLines(chunk, at, at + chunk.length === output.length)
    lines.push(...split.lines)
    at += split.consumed
    if (split.consumed === 0) bytes = limits.logLineBytes + 1024
  }
  return lines
}

describe('splitLines', () => {
  it('leaves out empty lines and keeps a last line without its newline', () => {
    const { lines, consumed } = splitLines(Buffer.from('a\n\n\nb c\n \nlast'), 100, true)
    expect(lines).toEqual([
      { message: 'a', end: 102 },
      { message: 'b c', end: 108 },
      { message: ' ', end: 110 },
      { message: 'last', end: 114 },
    ])
    expect(consumed).toBe(14)
  })

  it('waits for the rest of a line', () => {
    expect(splitLines(Buffer.from('a\nb'), 0, false)).toEqual({ lines: [{ message: 'a', end: 2 }], consumed: 2 })
  })

  it('gives the same lines however the output is read, and wherever reading resumes', () => {
    const piece = fc.oneof(
      fc.constant('\n'),
      fc.constant('世'.repeat(120_000)),
      fc.constant('x'.repeat(limits.logLineBytes)),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
    )
    const bytes = fc.array(
      fc.oneof(
        piece.map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 40 }),
      ),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 5000 }), (parts, chunkBytes) => {
        const output = Buffer.concat(parts)
        const all = readAll(output, limits.logLineBytes * 8)
        expect(readAll(output, limits.logLineBytes + 1024)).toEqual(all)
        expect(readAll(output, chunkBytes)).toEqual(all)
        for (const [index, line] of all.entries()) {
          expect(Buffer.byteLength(line.message)).toBeLessThanOrEqual(limits.logLineBytes)
          expect(line.message).not.toBe('')
          expect(readAll(output, limits.logLineBytes + 1024, line.end)).toEqual(all.slice(index + 1))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('keeps a message within the limit when its bytes are not UTF-8', () => {
    const lines = readAll(Buffer.alloc(600_000, 0xff), limits.logLineBytes + 1024)
    for (const { message } of lines) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(limits.logLineBytes)
    expect(lines.at(-1)!.end).toBe(600_000)
  })
})
