/** The definitions of a turn on top of the durable ones behave like one list. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JobDefinition } from '../../model/job-definition.ts'
import { bytesOf } from './held-bytes.ts'
import { DefinitionsInMemory, JobDefinitions } from './job-definitions.ts'

const names = ['a', 'b']
const revisions = [1, 2, 3, 4]

function definition(name: string, revision: number, status: JobDefinition['status']): JobDefinition {
  return {
    ...{ name, revision, status, registeredAtMs: 1, owner: revision % 2 ? 'ada' : 'bob', tags: {} },
    shape: { jobDefinitionName: name, jobDefinitionArn: 'a', revision, type: 'container' },
  }
}

test('in whatever order definitions are put, removed and made durable', () => {
  const put = fc.record({
    name: fc.constantFrom(...names),
    revision: fc.constantFrom(...revisions),
    status: fc.constantFrom('ACTIVE' as const, 'INACTIVE' as const),
  })
  const step = fc.oneof(
    put.map((it) => ({ put: it })),
    put.map((it) => ({ remove: it })),
    fc.constant('settle' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const definitions = new JobDefinitions(new DefinitionsInMemory())
      const model = new Map<string, JobDefinition>()
      const last = new Map<string, number>()
      for (const it of steps) {
        if (it === 'settle') definitions.settle()
        else if ('put' in it) {
          const { name, revision, status } = it.put
          // A deleted revision never comes back.
          if (revision <= (last.get(name) ?? 0) && !model.has(`${name}:${revision}`)) continue
          definitions.put(definition(name, revision, status))
          model.set(`${name}:${revision}`, definition(name, revision, status))
          last.set(name, Math.max(last.get(name) ?? 0, revision))
        } else {
          definitions.remove(it.remove.name, it.remove.revision)
          model.delete(`${it.remove.name}:${it.remove.revision}`)
        }
        for (const name of names) {
          const all = [...model.values()].filter((one) => one.name === name)
          const active = all.filter(({ status }) => status === 'ACTIVE').map(({ revision }) => revision)
          expect(definitions.newestActive(name)?.revision).toBe(active.length ? Math.max(...active) : undefined)
          for (const revision of revisions)
            expect(definitions.find(name, revision)).toEqual(model.get(`${name}:${revision}`))
          expect(definitions.lastRevision(name)).toBe(last.get(name) ?? 0)
        }
        for (const owner of ['ada', 'bob'])
          expect(definitions.held.of(owner)).toBe(
            [...model.values()].filter((one) => one.owner === owner).reduce((sum, one) => sum + bytesOf(one), 0),
          )
      }
    }),
  )
})
