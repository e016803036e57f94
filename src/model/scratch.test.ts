import { expect, it, test } from 'vitest'
import { checkScratch, scratchMibOf } from './scratch.ts'

const tag = (value: string) => ({ 'openbatch:scratchGiB': value })

it.each([
  ['20', 20 * 1024],
  ['0.5', 512],
  ['0.0001', 1],
  ['100000', 100_000 * 1024],
])('takes %s GiB', (text, mib) => {
  expect(checkScratch({ tags: tag(text) })).toBeUndefined()
  expect(scratchMibOf({ tags: tag(text) })).toBe(mib)
})

it.each(['', '0', '-1', '1e3', '0x10', '20 GiB', '100001', 'Infinity', '1.', '9999999'])('refuses %j', (text) => {
  expect(checkScratch({ parameters: tag(text) })).toBe(
    `openbatch:scratchGiB must be a number of GiB greater than 0 and at most 100000, got ${JSON.stringify(text)}.`,
  )
})

test('what is nearest to the submission counts', () => {
  const all = { tags: tag('1'), parameters: tag('2'), tagsOfDefinition: tag('3'), ephemeralStorageGib: 4 }
  const order = [all, { ...all, tags: {} }, { ...all, tags: {}, parameters: {} }, { ephemeralStorageGib: 4 }, {}]
  expect(order.map(scratchMibOf)).toEqual([1024, 2048, 3072, 4096, undefined])
})
