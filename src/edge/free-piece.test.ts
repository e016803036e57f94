import { expect, test } from 'vitest'
import { freePiece } from './free-piece.ts'

test('a piece that has its memory alone is empty once it is freed', () => {
  const piece = Buffer.from(new ArrayBuffer(8192))
  freePiece(piece)
  expect(piece.length).toBe(0)
})

test('memory that others see too is not freed', () => {
  const memory = Buffer.from(new ArrayBuffer(16384)).fill(1)
  freePiece(memory.subarray(0, 8192))
  freePiece(Buffer.from(new SharedArrayBuffer(8192)))
  expect(memory.every((byte) => byte === 1)).toBe(true)
})
