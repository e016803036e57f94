/** The reader of the Standard Workload Format. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSwf } from './swf.ts'

const sample = readFileSync(join(import.meta.dirname, 'sample.testing.swf'), 'utf8')

test('reads every job of a trace, without comments', () => {
  const { jobs, problems } = readSwf(sample)
  expect(problems).toEqual([])
  expect(jobs.map(({ jobNumber }) => jobNumber)).toEqual([1, 2, 3, 4, 5, 6])
  expect(jobs[0]).toEqual({
    jobNumber: 1,
    submitSeconds: 0,
    runSeconds: 600,
    allocatedProcessors: 4,
    usedMemoryKb: 512_000,
    requestedProcessors: 4,
    requestedSeconds: 900,
    requestedMemoryKb: 1_048_576,
    status: 1,
    user: 3,
    group: 1,
    queue: 1,
  })
})

test('an unknown value is absent, not −1', () => {
  const { jobs } = readSwf('7 5 -1 -1 -1 -1 -1 2 -1 -1 -1 -1 -1 -1 -1 -1 3 60')
  expect(jobs).toEqual([{ jobNumber: 7, submitSeconds: 5, requestedProcessors: 2, precedingJob: 3 }])
})

test('lines out of order are sorted by submission, equal ones in their original order', () => {
  const line = (number: number, submit: number) => `${number} ${submit} ${'-1 '.repeat(16)}`
  const { jobs } = readSwf([line(1, 9), line(2, 4), line(3, 9)].join('\r\n'))
  expect(jobs.map(({ jobNumber }) => jobNumber)).toEqual([2, 1, 3])
})

test('says for each wrong line what is wrong with it', () => {
  const { jobs, problems } = readSwf(`1 2 3\n1 x ${'0 '.repeat(16)}\n1 -1 ${'0 '.repeat(16)}\n`)
  expect(jobs).toEqual([])
  expect(problems).toEqual([
    'line 1: 3 fields, must be 18',
    'line 2: a field is not a number',
    'line 3: the submit time is not known',
  ])
})

test('reports the first of very many wrong lines, and counts the rest', () => {
  const { problems } = readSwf('x\n'.repeat(25))
  expect(problems).toHaveLength(11)
  expect(problems.at(-1)).toBe('and 15 more lines')
})
