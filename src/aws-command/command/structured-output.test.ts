import { expect, test } from 'vitest'
import { humanSize } from './output.ts'
import { textLines } from './structured-output.ts'

test.each([
  [1234, ['1234']],
  [null, ['None']],
  [true, ['True']],
  [['a', 'b'], ['a\tb']],
  [{ B: 1, A: 'x' }, ['x\t1']],
  [{ Contents: [{ Key: 'a', Size: 1 }, { Key: 'b' }], Prefix: '' }, ['', 'CONTENTS\ta\t1', 'CONTENTS\tb\t']],
  [{ Names: ['a', 'b'] }, ['NAMES\ta', 'NAMES\tb']],
  [
    [
      ['a', 1],
      ['b', 2],
    ],
    ['a\t1', 'b\t2'],
  ],
  [[], []],
])('%j in text', (value, lines) => {
  expect(textLines(value)).toEqual(lines)
})

test.each([
  [0, '0 Bytes'],
  [1, '1 Byte'],
  [1023, '1023 Bytes'],
  [1024, '1.0 KiB'],
  [1_572_864, '1.5 MiB'],
  [5 * 1024 ** 3, '5.0 GiB'],
])('%d bytes for people', (bytes, text) => {
  expect(humanSize(bytes)).toBe(text)
})
