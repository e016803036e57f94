import { describe, expect, it } from 'vitest'
import { isRefusal } from '../../model/refusal.ts'
import { capBytes, entry, group, lines, type StoreCase } from './store-case.contract.ts'

export function describingCases(on: StoreCase): void {
  describe('describing', () => {
    it('lists streams by name or by last event, in either direction, a page at a time', async () => {
      for (const [stream, at] of [
        ['b', 3],
        ['a', 5],
        ['c', 1],
        ['d', 5],
      ] as const)
        await on.write(stream, [entry(at, stream)])
      const names = async (query: object) => {
        const seen: string[] = []
        let nextToken: string | undefined
        do {
          const page = await on.store.describeStreams({
            group,
            limit: 3,
            ...query,
            ...(nextToken ? { nextToken } : {}),
          })
          if (isRefusal(page)) throw new Error(page.message)
          seen.push(...page.streams.map(({ stream }) => stream))
          nextToken = page.nextToken
        } while (nextToken)
        return seen.join('')
      }
      expect(await names({})).toBe('abcd')
      expect(await names({ descending: true })).toBe('dcba')
      expect(await names({ orderBy: 'LastEventTime' })).toBe('cbad')
      expect(await names({ orderBy: 'LastEventTime', descending: true })).toBe('dabc')
      expect(await names({ streamPrefix: 'b' })).toBe('b')
      expect(await on.store.describeStreams({ group, nextToken: 'x' })).toMatchObject({
        code: 'InvalidParameterException',
      })
      expect(await on.store.describeStreams({ group: 'nope' })).toMatchObject({ code: 'ResourceNotFoundException' })
    })

    it('reports the size and times of a stream, while it is written and after', async () => {
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      await writer.append(lines(3))
      const facts = {
        group,
        stream: 's',
        creationTime: on.nowMs,
        firstEventTimestamp: 1000,
        lastEventTimestamp: 1002,
        lastIngestionTime: on.nowMs,
      }
      expect(await on.store.describeStreams({ group })).toMatchObject({ streams: [facts] })
      on.nowMs += 10
      await writer.append([entry(9, 'x')])
      expect(await on.store.describeStreams({ group })).toMatchObject({
        streams: [{ ...facts, lastEventTimestamp: 1009, lastIngestionTime: on.nowMs }],
      })
      await writer.finish()
    })

    it('lists groups by name, by prefix, and by a part of the name', async () => {
      for (const each of ['/x/Beta', '/x/alpha', '/y/beta']) await on.write('s', lines(1), each)
      const names = async (query: object) => {
        const page = await on.store.describeGroups(query)
        if (isRefusal(page)) throw new Error(page.message)
        return page.groups.map((each) => each.group)
      }
      expect(await names({})).toEqual(['/x/Beta', '/x/alpha', '/y/beta'])
      expect(await names({ prefix: '/x' })).toEqual(['/x/Beta', '/x/alpha'])
      expect(await names({ pattern: 'BETA' })).toEqual(['/x/Beta', '/y/beta'])
      const first = await on.store.describeGroups({ limit: 2 })
      if (isRefusal(first)) throw new Error(first.message)
      expect(await names({ nextToken: first.nextToken })).toEqual(['/y/beta'])
      expect(await on.store.describeGroups({ nextToken: 'x' })).toMatchObject({ code: 'InvalidParameterException' })
    })
  })
}
