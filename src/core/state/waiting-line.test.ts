import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JobSpec } from '../../model/job.ts'
import { WaitingLine } from './waiting-line.ts'

const workload = { kind: 'container', properties: {} }
const spec = { workload, resources: { vcpus: 1, memoryMib: 1, gpus: 0 } } as JobSpec
const steps = fc.array(fc.record({ id: fc.nat(2000), rank: fc.nat(50), leaves: fc.boolean() }), {
  maxLength: 3000,
  size: 'max',
})

test('is ordered by rank and then by submission, whoever joins and leaves meanwhile', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const line = new WaitingLine()
      const model = new Map<string, { rank: number; seq: number }>()
      for (const { id, rank, leaves } of list) {
        const jobId = `job-${id}`
        if (leaves) expect(line.leave(jobId)).toBe(model.delete(jobId))
        else {
          line.join(jobId, rank, id, spec)
          if (!model.has(jobId)) model.set(jobId, { rank, seq: id })
        }
      }
      const sorted = [...model].sort(([, a], [, b]) => a.rank - b.rank || a.seq - b.seq).map(([jobId]) => jobId)
      expect([...line]).toEqual(sorted)
      expect(line.size).toBe(model.size)
    }),
    { numRuns: 60 },
  )
})

test('joining in the middle of many takes no walk over them', () => {
  const line = new WaitingLine()
  for (let seq = 0; seq < 200_000; seq += 2) line.join(`job-${seq}`, seq, seq, spec)
  for (let seq = 1; seq < 200_000; seq += 2) line.join(`job-${seq}`, seq, seq, spec)
  expect(line.size).toBe(200_000)
  expect([...line].slice(0, 3)).toEqual(['job-0', 'job-1', 'job-2'])
})
