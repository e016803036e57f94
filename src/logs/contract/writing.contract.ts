import { describe, expect, it } from 'vitest'
import { isRefusal } from '../../model/refusal.ts'
import { StreamBusy } from '../log-store.ts'
import { capBytes, entry, group, lines, type StoreCase } from './store-case.contract.ts'

export function writingCases(on: StoreCase): void {
  describe('writing', () => {
    it('creates the stream with its first line', async () => {
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      expect(await on.store.getEvents({ group, stream: 's' })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: 'The specified log group does not exist.',
      })
      await on.write('other', lines(1))
      expect(await on.store.getEvents({ group, stream: 's' })).toMatchObject({
        code: 'ResourceNotFoundException',
        message: 'The specified log stream does not exist.',
      })
      await writer.append(lines(1))
      expect((await on.get()).events).toHaveLength(1)
      await writer.finish()
      expect((await on.get()).events).toHaveLength(1)
    })

    it('leaves no stream behind when there were no lines', async () => {
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      await writer.append([])
      await writer.finish()
      expect(isRefusal(await on.store.getEvents({ group, stream: 's' }))).toBe(true)
    })

    it('makes every line visible at once, with its times', async () => {
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      for (let n = 0; n < 3; n++) {
        on.nowMs += 5
        await writer.append([entry(n, `line ${n}`)])
        expect((await on.get()).events.at(-1)).toEqual({
          timestamp: 1000 + n,
          message: `line ${n}`,
          ingestionTime: on.nowMs,
        })
      }
      await writer.close()
    })

    it('stores any text unchanged, and leaves out empty lines', async () => {
      const messages = ['ü', '', '\u{1F600}'.repeat(3), 'a\rb', '\0', ' ']
      await on.write(
        's',
        messages.map((message, n) => entry(n, message)),
      )
      expect((await on.get()).events.map(({ message }) => message)).toEqual(
        messages.filter((message) => message !== ''),
      )
    })

    it('never lets time go back within a stream', async () => {
      await on.write('s', [
        { atMs: 5, message: 'a', cursor: '1' },
        { atMs: 3, message: 'b', cursor: '2' },
      ])
      expect((await on.get()).events.map(({ timestamp }) => timestamp)).toEqual([5, 5])
    })

    it('continues where the previous writer stopped', async () => {
      const first = await on.store.openWriter({ group, stream: 's', capBytes })
      expect(first.cursor).toBeUndefined()
      await first.append(lines(3))
      expect(first.cursor).toBe('2')
      await first.close()
      const second = await on.store.openWriter({ group, stream: 's', capBytes })
      expect(second.cursor).toBe('2')
      await second.append([entry(3, 'more')])
      await second.finish()
      await on.reopen()
      const third = await on.store.openWriter({ group, stream: 's', capBytes })
      expect(third.cursor).toBe('3')
      await third.append([entry(4, 'and more')])
      await third.finish()
      expect((await on.get()).events).toHaveLength(5)
    })

    it('allows one writer for each stream', async () => {
      const writer = await on.store.openWriter({ group, stream: 's', capBytes })
      await expect(on.store.openWriter({ group, stream: 's', capBytes })).rejects.toThrow(StreamBusy)
      await writer.append(lines(1))
      await expect(on.store.deleteStream(group, 's')).rejects.toThrow(StreamBusy)
      await writer.close()
      await writer.close()
      await (await on.store.openWriter({ group, stream: 's', capBytes })).close()
    })

    it('says once that the stream is full, and counts the remaining entries', async () => {
      const message = 'x'.repeat(1000)
      const writer = await on.store.openWriter({ group, stream: 's', capBytes: 1_048_576 / 4 })
      await writer.append(Array.from({ length: 1000 }, (_, n) => entry(n, message)))
      await writer.append([entry(1000, 'one more')])
      expect(writer.cursor).toBe('1000')
      const { events } = await on.get({ startFromHead: true })
      expect(events.at(-1)?.message).toBe(
        'openbatch: the log of this attempt reached its limit of 0.25 MiB; further output is not kept',
      )
      expect(events.slice(0, -1).every((event) => event.message === message)).toBe(true)
      expect(events.length - 1 + writer.droppedEntries).toBe(1001)
      await writer.finish()
      await on.reopen()
      const again = await on.store.openWriter({ group, stream: 's', capBytes: 1_048_576 / 4 })
      expect(again.cursor).toBe('1000')
      await again.append([entry(1001, 'x')])
      await again.finish()
      expect((await on.get({ startFromHead: true })).events).toEqual(events)
    })
  })
}
