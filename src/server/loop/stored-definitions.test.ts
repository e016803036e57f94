import { expect, test } from 'vitest'
import type { JobDefinition } from '../../model/job-definition.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import { noChanges } from '../../store/store.ts'
import { StoredDefinitions } from './stored-definitions.ts'

const newest = Number.MAX_SAFE_INTEGER

function definition(name: string, revision: number, more: Partial<JobDefinition> = {}): JobDefinition {
  return {
    ...{ name, revision, status: 'ACTIVE', registeredAtMs: 1, owner: 'ada', tags: {} },
    shape: { jobDefinitionName: name, jobDefinitionArn: 'x'.repeat(1000), revision, type: 'container' },
    ...more,
  }
}

function filled(bytesMax: number, ...jobDefinitions: JobDefinition[]) {
  const store = createMemoryStore()
  const put = (...changed: JobDefinition[]) => store.append({ ...noChanges(), jobDefinitions: changed })
  put(...jobDefinitions)
  return { put, source: new StoredDefinitions(store.definitions, bytesMax) }
}

test('a definition that is used again is the same object, so that jobs share its parts', () => {
  const { source } = filled(10_000, definition('a', 1), definition('a', 2))
  expect(source.find('a', 1)).toBe(source.find('a', 1))
  expect(source.newestActive('a', newest)).toBe(source.find('a', 2))
  expect(source.newestActive('a', newest)).toBe(source.newestActive('a', newest))
  expect(source.newestActive('a', 2)?.revision).toBe(1)
})

test('the cache is bounded in bytes, and drops the least recently used definitions first', () => {
  const names = Array.from({ length: 20 }, (_, n) => `d${n}`)
  const { source } = filled(5_000, ...names.map((name) => definition(name, 1)))
  const first = source.find('d0', 1)
  for (const name of names) {
    source.find(name, 1)
    source.newestActive(name, newest)
    expect(source.keptBytes).toBeLessThanOrEqual(5_000)
    expect(source.find('d0', 1)).toBe(first)
  }
  expect(source.find('d1', 1)).toEqual(definition('d1', 1))
})

test('a changed or deleted definition is read anew', () => {
  const { put, source } = filled(10_000, definition('a', 1), definition('a', 2))
  expect(source.newestActive('a', newest)?.revision).toBe(2)
  const changed = definition('a', 2, { status: 'INACTIVE' })
  put(changed)
  source.settled([changed], [])
  expect(source.newestActive('a', newest)?.revision).toBe(1)
  expect(source.find('a', 2)?.status).toBe('INACTIVE')
  put(definition('a', 3))
  source.settled([definition('a', 3)], [])
  expect([source.newestActive('a', newest)?.revision, source.lastRevision('a')]).toEqual([3, 3])
})
