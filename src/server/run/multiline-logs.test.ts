/** Jobs whose log events have several lines, with restarts in between (docs/use/logs.md). */
import { beforeEach, describe, expect, test } from 'vitest'
import type { EcsProperties } from '../../model/generated/batch.ts'
import { Site } from './site.testing.ts'

let site: Site
beforeEach(() => {
  site = new Site()
})

const members = (options: Record<string, string>, command: string[]) => ({
  ...{ image: 'busybox', command },
  resourceRequirements: [
    { type: 'VCPU' as const, value: '1' },
    { type: 'MEMORY' as const, value: '64' },
  ],
  logConfiguration: { logDriver: 'awslogs' as const, options },
})
const submit = (options: Record<string, string>, command: string[], more = {}) =>
  site.submitNew({ containerProperties: members(options, command), ...more })

const trace = ['print 2026-11-26 begins', 'print  at 1', 'print  at 2']

describe.each([
  ['awslogs-multiline-pattern', '^\\d{4}-'],
  ['awslogs-datetime-format', '%Y-%m-%d'],
])('with %s', (option, pattern) => {
  const options = { [option]: pattern }

  test('the lines from one event start to the next are one event, stored before the job has ended', async () => {
    const jobId = await submit(options, [...trace, 'run 1s', ...trace, 'exit 3'])
    await site.finished(jobId)
    const event = '2026-11-26 begins\n at 1\n at 2'
    expect(site.lines()).toEqual([event, event])
    expect(site.status(jobId)).toBe('FAILED')
    expect(site.story.indexOf('2 lines complete')).toBeLessThan(site.story.indexOf('FAILED'))
  })

  test('a restart in the middle of an event leaves the event whole', async () => {
    const jobId = await submit(options, [
      ...trace,
      'run 2s',
      'print  at 3',
      'run 2s',
      'print 2027-01-01 next',
      'run 2s',
    ])
    await site.running(jobId)
    await site.pass(1_000)
    expect(site.lines()).toEqual([])
    await site.restart()
    await site.pass(2_000)
    await site.restart(() => site.pass(1_000))
    await site.finished(jobId)
    expect(site.lines()).toEqual(['2026-11-26 begins\n at 1\n at 2\n at 3', '2027-01-01 next'])
  })

  test('an event that the disk refuses is read again', async () => {
    site.trouble.append.push('no space left on device')
    const jobId = await submit(options, [...trace, 'run 1s', ...trace])
    await site.finished(jobId)
    expect(site.lines()).toHaveLength(2)
    expect(site.status(jobId)).toBe('SUCCEEDED')
  })
})

test('an invalid pattern fails the start, as with Docker, and is retried like any start', async () => {
  const jobId = await submit({ 'awslogs-multiline-pattern': '(' }, ['print x'], { retryStrategy: { attempts: 2 } })
  await site.finished(jobId)
  const { state, attempts } = site.job(jobId)
  expect(state).toMatchObject({ status: 'FAILED', statusReason: 'Task failed to start' })
  expect(attempts.map(({ reason }) => reason)).toEqual(
    Array(2).fill(
      'CannotStartContainerError: failed to initialize logging driver: awslogs could not parse multiline pattern key "(": missing closing )',
    ),
  )
  expect(site.starts).toEqual([])
})

test('each container of several has a pattern of its own', async () => {
  const container = (name: string, options: Record<string, string>) => ({ ...members(options, trace), name })
  const ecsProperties: EcsProperties = {
    taskProperties: [
      { containers: [container('joined', { 'awslogs-multiline-pattern': '^2026' }), container('single', {})] },
    ],
  }
  const jobId = await site.submitNew({ ecsProperties })
  await site.finished(jobId)
  expect(site.linesOf('joined')).toEqual(['2026-11-26 begins\n at 1\n at 2'])
  expect(site.linesOf('single')).toEqual(['2026-11-26 begins', ' at 1', ' at 2'])
})
