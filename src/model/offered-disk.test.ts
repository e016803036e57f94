import { expect, it } from 'vitest'
import { keepsRoomFor, offeredDisk } from './offered-disk.ts'

const gib = 1024

it.each([
  ['a gibibyte of a large disk', 1000 * gib, 500 * gib, undefined, 999 * gib, 499 * gib],
  ['a gibibyte of twenty', 20 * gib, 10 * gib, undefined, 19 * gib, 9 * gib],
  ['a twentieth of a small disk', 1000, 700, undefined, 950, 650],
  ['nothing of a tiny disk', 19, 19, undefined, 19, 19],
  ['more than is free of a full disk', 1000, 10, undefined, 950, -40],
  ['what the operator says', 1000, 700, 300, 700, 400],
  ['nothing, if the operator says so', 1000, 700, 0, 1000, 700],
  ['more than a disk has, if the operator says so', 1000, 700, 2000, 0, -1300],
])('keeps free %s', (_title, totalMib, freeMib, keepFreeMib, offeredMib, offeredFreeMib) => {
  expect(offeredDisk({ totalMib, freeMib }, keepFreeMib)).toEqual({ offeredMib, freeMib: offeredFreeMib })
})

it('keeps room for files of the server where what stays free is as much', () => {
  expect([1024, 4079, 4080, 1000 * gib].map((totalMib) => keepsRoomFor(204, totalMib))).toEqual([
    false,
    false,
    true,
    true,
  ])
})
