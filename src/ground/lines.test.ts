import { expect, test } from 'vitest'
import { linesOf } from './lines.ts'

async function linesOfPieces(pieces: readonly (string | Buffer)[], longest = 100): Promise<string[]> {
  async function* chunks() {
    for (const piece of pieces) yield Buffer.from(piece)
  }
  const lines: string[] = []
  for await (const line of linesOf(chunks(), longest)) lines.push(line)
  return lines
}

test('joins lines that are split over chunks', async () => {
  expect(await linesOfPieces(['one\ntw', 'o\n', '\nthree'])).toEqual(['one', 'two', '', 'three'])
  expect(await linesOfPieces(['one\n'])).toEqual(['one'])
  expect(await linesOfPieces([])).toEqual([])
})

test('joins a character that is split over chunks', async () => {
  const bytes = Buffer.from('größe\n')
  expect(await linesOfPieces([bytes.subarray(0, 3), bytes.subarray(3)])).toEqual(['größe'])
})

test('keeps the end of a line that is too long', async () => {
  expect(await linesOfPieces(['abcdef', 'gh', '\nok'], 4)).toEqual(['efgh', 'ok'])
})
