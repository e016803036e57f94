/** Queries for the streams of some users only: what others wrote does not exist to them. */
import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../model/log-entry.ts'
import { isRefusal } from '../../model/refusal.ts'
import type { LogStore } from '../log-store.ts'
import { capBytes, entry, group, type StoreCase } from './store-case.contract.ts'

/** Ada's streams: by name, when each of their events happened. */
const adas = { 'sort/1': [1, 5, 9], 'sort/3': [5], 'merge/1': [20, 30] }
const others = { 'sort/0': [0, 40], 'sort/2': [5, 6], 'merge/0': [1], 'merge/2': [25] }

type Query = (of: LogStore, owners: readonly string[] | undefined) => Promise<unknown>

/** By name, so that a difference says where it is. */
const queries: Readonly<Record<string, Query>> = {
  groups: (of, owners) => of.describeGroups({ owners }),
  'a page of groups': (of, owners) => of.describeGroups({ owners, limit: 1 }),
  'another group': (of, owners) => of.describeStreams({ owners, group: '/bobs' }),
  ...Object.fromEntries(
    (['LogStreamName', 'LastEventTime'] as const).flatMap((orderBy) =>
      [true, false].map((descending) => [
        `streams by ${orderBy}, ${descending ? 'descending' : 'ascending'}`,
        (of: LogStore, owners: readonly string[] | undefined) =>
          everyPage((nextToken) => of.describeStreams({ owners, group, orderBy, descending, limit: 2, ...nextToken })),
      ]),
    ),
  ),
  'streams by prefix': (of, owners) => of.describeStreams({ owners, group, streamPrefix: 'sort/' }),
  'a stream of one’s own': (of, owners) => of.getEvents({ owners, group, stream: 'sort/1' }),
  'a stream of another': (of, owners) => of.getEvents({ owners, group, stream: 'sort/0' }),
  'a stream in a group of another': (of, owners) => of.getEvents({ owners, group: '/bobs', stream: 'x' }),
  'a search': (of, owners) => everyPage((nextToken) => of.filterEvents({ owners, group, limit: 2, ...nextToken })),
  'a search backwards': (of, owners) =>
    everyPage((nextToken) => of.filterEvents({ owners, group, startFromHead: false, limit: 2, ...nextToken })),
  'a search from the middle': (of, owners) => of.filterEvents({ owners, group, startTime: 1005, endTime: 1030 }),
  'a search by prefix': (of, owners) => of.filterEvents({ owners, group, streamPrefix: 'merge/' }),
  'a search of a stream of another': (of, owners) => of.filterEvents({ owners, group, streams: ['sort/1', 'sort/2'] }),
  'a search of a group of another': (of, owners) => of.filterEvents({ owners, group: '/bobs' }),
}

export function withinSightCases(on: StoreCase): void {
  describe('the streams of some users', () => {
    const entriesAt = (times: readonly number[]): LogEntry[] => times.map((time) => entry(time, `at ${time}`))
    const writeAdas = async () => {
      for (const [stream, times] of Object.entries(adas)) await on.write(stream, entriesAt(times), group, 'ada')
    }
    const answers = async (owners: readonly string[] | undefined) => {
      const told: Record<string, unknown> = {}
      for (const [name, query] of Object.entries(queries)) told[name] = await query(on.store, owners)
      return told
    }

    it('are all there is, to a query for them', async () => {
      await writeAdas()
      const alone = await answers(['ada'])
      for (const [stream, times] of Object.entries(others)) await on.write(stream, entriesAt(times), group, 'bob')
      await on.write('x', entriesAt([3]), '/bobs', 'bob')
      await on.write('old/1', entriesAt([4]))
      expect(await answers(['ada'])).toEqual(alone)
      await on.reopen()
      expect(await answers(['ada'])).toEqual(alone)
      expect(await on.search({ owners: ['ada', 'bob'] })).toHaveLength(12)
      expect(await on.search()).toHaveLength(13)
    })

    it('are the same for users who may see everything there is', async () => {
      await writeAdas()
      expect(await answers(['ada', 'bob'])).toEqual(await answers(undefined))
    })

    it('keep nobody waiting who may not see them', async () => {
      await writeAdas()
      const told: string[] = []
      const opening = on.store.openWriter({ group, stream: 'sort/1', owner: 'ada', capBytes }).then((writer) => {
        told.push('opened')
        return writer.close()
      })
      const asked = { owners: ['bob'], group, stream: 'sort/1' }
      expect(await on.store.getEvents(asked)).toMatchObject({ message: 'The specified log group does not exist.' })
      expect(told).toEqual([])
      await opening
    })

    it('do not exist to those who have none', async () => {
      await writeAdas()
      const writer = await on.store.openWriter({ group, stream: 'live', owner: 'ada', capBytes })
      await writer.append(entriesAt([50]))
      expect(await on.store.getEvents({ owners: ['eve'], group, stream: 'live' })).toEqual(
        await on.store.getEvents({ owners: ['eve'], group: '/none', stream: 'live' }),
      )
      expect(await on.get({ owners: ['ada'], stream: 'live' })).toMatchObject({ events: [{ message: 'at 50' }] })
      await writer.finish()
      expect(await on.store.describeGroups({ owners: [] })).toEqual({ groups: [] })
    })
  })
}

async function everyPage(page: (nextToken: { readonly nextToken?: string }) => Promise<object>): Promise<unknown[]> {
  const pages: unknown[] = []
  let nextToken: string | undefined
  do {
    const answer: { readonly nextToken?: string } = await page(nextToken === undefined ? {} : { nextToken })
    if (isRefusal(answer)) return [...pages, answer]
    pages.push(answer)
    nextToken = answer.nextToken
  } while (nextToken !== undefined)
  return pages
}
