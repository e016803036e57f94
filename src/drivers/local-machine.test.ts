import { release, totalmem } from 'node:os'
import { expect, test } from 'vitest'
import { isThisMachine } from './local-machine.ts'

test('an engine runs on this machine if its kernel and memory are this machine’s', () => {
  const here = { kernel: release(), memoryBytes: totalmem() }
  expect(isThisMachine(here)).toBe(true)
  expect(isThisMachine({ ...here, memoryBytes: totalmem() / 2 }), 'a virtual machine on it').toBe(false)
  expect(isThisMachine({ ...here, kernel: undefined })).toBe(false)
})
