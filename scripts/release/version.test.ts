import { expect, test } from 'vitest'
import { versionFaults } from './version.ts'

test('the first version needs no earlier one', () => {
  expect(versionFaults('0.1.0', [])).toEqual([])
  expect(versionFaults('0.1.0', ['nightly', 'v1'])).toEqual([])
})

test('a version is compared by its numbers with the newest tag, which may begin with v', () => {
  const tags = ['v0.9.0', 'v0.10.0', '0.2.0']
  expect(versionFaults('0.11.0', tags)).toEqual([])
  expect(versionFaults('0.10.1', tags)).toEqual([])
  expect(versionFaults('0.9.1', tags)).toEqual(['package.json: 0.9.1 is older than the tag of 0.10.0'])
})

test('a version is released only once', () => {
  expect(versionFaults('0.2.0', ['v0.2.0', 'v0.3.0'])).toEqual(['package.json: 0.2.0 is tagged already'])
})

test.each(['1.0', '1.0.0-rc.1', '01.0.0', ''])('%j cannot be released', (version) => {
  expect(versionFaults(version, [])).toHaveLength(1)
})
