/** Searches through the whole edge, over a log store that answers when it is told to. */

import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { signRequest } from '../../test/support/signed-request.ts'
import { policiesOf } from '../access/policies.testing.ts'
import type { FilteredEventsPage } from '../logs/log-store.ts'
import { limits } from '../model/limits.ts'
import type { Backend } from './context.ts'
import { createApi } from './server.ts'
import { filterLogEvents } from './services/logs/filter-log-events.ts'
import { logs as logsService } from './services/logs/service.ts'

const keyOf = (name: string) => ({
  accessKeyId: `KEY${name}`,
  secretAccessKey: 'secret',
  owner: { name, userId: `AIDA${name}`, policies: policiesOf('user') },
  disabled: false,
})
const users = ['ada', 'bob'].map(keyOf)

/** Searches that have begun, in order. */
let begun: { user: string; end: () => void }[] = []
let inside = 0
let most = 0
beforeEach(() => {
  begun = []
  inside = 0
  most = 0
})
const logs = {
  async filterEvents({ filterPattern }: { filterPattern?: string }): Promise<FilteredEventsPage> {
    most = Math.max(most, ++inside)
    await new Promise<void>((resolve) => begun.push({ user: filterPattern!, end: resolve }))
    inside--
    return { events: [] }
  },
}
const { app, longReads } = createApi({
  backend: { account: '123456789012', region: 'us-west-2', logs } as unknown as Backend,
  findKey: (id) => users.find(({ accessKeyId }) => accessKeyId === id),
  services: [{ ...logsService, operations: [filterLogEvents] }],
  now: Date.now,
  logger: pino({ level: 'silent' }),
})

async function search(name: string) {
  const body = JSON.stringify({ logGroupName: '/aws/batch/job', filterPattern: name })
  const headers = { 'x-amz-target': 'Logs_20140328.FilterLogEvents', 'content-type': 'application/x-amz-json-1.1' }
  return app.inject(await signRequest(keyOf(name), { path: '/', service: 'logs', headers, body }))
}

/** Ends the searches one after the other as they begin. */
async function endAll(count: number): Promise<string[]> {
  const order: string[] = []
  while (order.length < count) {
    const next = begun[order.length]
    if (next) {
      order.push(next.user)
      next.end()
    } else await new Promise(setImmediate)
  }
  return order
}

async function haveBegun(count: number): Promise<void> {
  while (begun.length < count) await new Promise(setImmediate)
}

test('few searches run at once, and users take turns', async () => {
  const searches = Array.from({ length: 10 }, () => search('ada'))
  await haveBegun(limits.longReadsAtOnce)
  while (longReads.waiting < 10 - limits.longReadsAtOnce) await new Promise(setImmediate)
  searches.push(search('bob'))
  while (longReads.waiting < 11 - limits.longReadsAtOnce) await new Promise(setImmediate)
  const order = await endAll(11)
  expect((await Promise.all(searches)).map(({ statusCode }) => statusCode)).toEqual(Array(11).fill(200))
  expect(most).toBe(limits.longReadsAtOnce)
  expect(order.indexOf('bob')).toBeLessThanOrEqual(limits.longReadsAtOnce + 1)
})

test('a user with too many searches is asked to retry, in CloudWatch Logs’ words', async () => {
  const all = limits.longReadsAtOnce + limits.longReadsWaitingOfUser
  const searches = Array.from({ length: all }, () => search('ada'))
  while (longReads.waiting < limits.longReadsWaitingOfUser) await new Promise(setImmediate)
  const refused = await search('ada')
  expect([refused.statusCode, refused.json()]).toEqual([
    400,
    { __type: 'ThrottlingException', message: 'Rate exceeded' },
  ])
  const other = search('bob')
  await endAll(all + 1)
  expect((await other).statusCode).toBe(200)
  await Promise.all(searches)
})
