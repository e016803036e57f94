/**
 * Job definitions in every store: any number of revisions, found one by one, listed in pages, and
 * deleted without ever giving a number twice.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JobDefinition } from '../../model/job-definition.ts'
import type { StoreUnderTest } from '../store.contract.ts'
import { type DefinitionQuery, noChanges } from '../store.ts'

export function exerciseDefinitions(under: () => StoreUnderTest): void {
  const shelf = () => under().store().definitions
  const definition = (name: string, revision: number, more: Partial<JobDefinition> = {}): JobDefinition => ({
    ...{ name, revision, status: 'ACTIVE', registeredAtMs: 1, owner: 'ada', tags: {} },
    shape: { jobDefinitionName: name, jobDefinitionArn: 'a', revision, type: 'container' },
    ...more,
  })
  const put = (...jobDefinitions: JobDefinition[]) =>
    under()
      .store()
      .append({ ...noChanges(), jobDefinitions })
  const remove = (...goneJobDefinitions: { name: string; revision: number }[]) =>
    under()
      .store()
      .append({ ...noChanges(), goneJobDefinitions })
  const listed = (query: Partial<DefinitionQuery> = {}) =>
    shelf()
      .list({ limit: 100, ...query })
      .map(({ name, revision }) => `${name}:${revision}`)
  const nowAndLater = (check: () => void) => {
    check()
    under().reopen()
    check()
  }

  describe('job definitions', () => {
    test('are found by revision, and by name as the newest active revision', () => {
      put(definition('a', 1), definition('a', 2), definition('a', 3, { status: 'INACTIVE' }), definition('ab', 7))
      nowAndLater(() => {
        expect(shelf().find('a', 2)).toEqual(definition('a', 2))
        expect([shelf().find('a', 4), shelf().find('none', 1)]).toEqual([undefined, undefined])
        expect(shelf().newestActive('a', 100)?.revision).toBe(2)
        expect(shelf().newestActive('a', 2)?.revision).toBe(1)
        expect([shelf().newestActive('a', 1), shelf().newestActive('none', 100)]).toEqual([undefined, undefined])
        expect([shelf().lastRevision('a'), shelf().lastRevision('none')]).toEqual([3, 0])
      })
    })

    test('change, are deleted, and leave their number behind', () => {
      put(definition('a', 1), definition('a', 2))
      put(definition('a', 2, { status: 'INACTIVE', tags: { team: 'x' } }))
      remove({ name: 'a', revision: 2 }, { name: 'none', revision: 1 })
      nowAndLater(() => {
        expect(listed()).toEqual(['a:1'])
        expect([shelf().find('a', 2), shelf().lastRevision('a')]).toEqual([undefined, 2])
      })
    })

    test('are counted in bytes for each owner when a server starts', () => {
      const [ofAda, ofBob] = [definition('a', 1), definition('ü', 1, { owner: 'bob' })]
      put(ofAda, definition('a', 2), ofBob)
      remove({ name: 'a', revision: 2 })
      const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
      nowAndLater(() =>
        expect(under().store().load().definitionBytes).toEqual(
          new Map([
            ['ada', bytes(ofAda)],
            ['bob', bytes(ofBob)],
          ]),
        ),
      )
    })

    test('are listed by name, newest revision first, by every filter and in pages of any size', () => {
      const names = ['a', 'a-b', 'B', 'ab']
      const all = names.flatMap((name) =>
        [1, 2, 10].map((revision) =>
          definition(name, revision, {
            status: revision === 2 ? 'INACTIVE' : 'ACTIVE',
            owner: name === 'B' ? 'bob' : 'ada',
          }),
        ),
      )
      put(...all)
      expect(listed({ name: 'a' })).toEqual(['a:10', 'a:2', 'a:1'])
      expect(listed({ name: 'a', status: 'INACTIVE' })).toEqual(['a:2'])
      expect(listed({ owner: 'bob' })).toEqual(['B:10', 'B:2', 'B:1'])
      expect(listed()).toEqual(['B', 'a', 'a-b', 'ab'].flatMap((name) => [`${name}:10`, `${name}:2`, `${name}:1`]))
      const filter = fc.record(
        {
          name: fc.constantFrom(...names),
          status: fc.constantFrom('ACTIVE', 'INACTIVE'),
          owner: fc.constantFrom('ada', 'bob'),
        },
        { requiredKeys: [] },
      )
      fc.assert(
        fc.property(filter, fc.integer({ min: 1, max: 5 }), (query, limit) => {
          const pages: string[] = []
          for (let after: DefinitionQuery['after']; ; ) {
            const page = shelf().list({ ...query, after, limit })
            pages.push(...page.map(({ name, revision }) => `${name}:${revision}`))
            if (page.length < limit) break
            after = page.at(-1)
          }
          expect(pages).toEqual(listed(query))
        }),
        { numRuns: 50 },
      )
    })
  })
}
