import { describe, expect, it } from 'vitest'
import { giveWay } from '../../ground/pace.ts'
import { capBytes, entry, group, lines, type StoreCase } from './store-case.contract.ts'

export function deletingCases(on: StoreCase): void {
  describe('deleting', () => {
    it('removes a stream', async () => {
      await on.write('s', lines(1))
      expect(await on.store.deleteStream(group, 's')).toBeUndefined()
      expect(await on.store.deleteStream(group, 's')).toMatchObject({ code: 'ResourceNotFoundException' })
      expect(await on.store.getEvents({ group, stream: 's' })).toMatchObject({ code: 'ResourceNotFoundException' })
      expect(await on.search()).toEqual([])
      await on.write('s', lines(2))
      expect((await on.get()).events).toHaveLength(2)
    })

    it('removes old streams, the oldest first, but never one that is open for writing', async () => {
      for (let n = 0; n < 4; n++) await on.write(`s${n}`, [entry(n, 'x')])
      const writer = await on.store.openWriter({ group, stream: 'open', capBytes })
      await writer.append([entry(0, 'x')])
      expect(await on.store.deleteStreamsOlderThan(1003, 2)).toBe(2)
      expect((await on.search()).map(({ logStreamName }) => logStreamName)).toEqual(
        expect.arrayContaining(['s2', 's3', 'open']),
      )
      expect(await on.store.deleteStreamsOlderThan(1003, 2)).toBe(1)
      expect(await on.store.deleteStreamsOlderThan(1003, 2)).toBe(0)
      expect((await on.search()).map(({ logStreamName }) => logStreamName).sort()).toEqual(['open', 's3'])
      await writer.close()
    })

    it('leaves nothing of a stream that is read meanwhile, and nothing of it in what is written after', async () => {
      // What a writer did not finish is looked through when it is read.
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      await writer.append(lines(2000))
      await writer.close()
      const reads = Array.from({ length: 20 }, async (_, n) => {
        for (let turn = 0; turn < n; turn++) await giveWay()
        return on.store.getEvents({ group, stream: 's' })
      })
      await giveWay()
      expect(await on.store.deleteStream(group, 's')).toBeUndefined()
      await on.write('s', [entry(0, 'new')])
      await Promise.all(reads)
      expect((await on.get()).events.map(({ message }) => message)).toEqual(['new'])
      expect(await on.store.deleteStream(group, 's')).toBeUndefined()
      expect(await on.store.describeStreams({ group })).toEqual({ streams: [] })
    })
  })
}
