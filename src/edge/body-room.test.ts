import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyRoom } from './body-room.ts'

const bytes = (count: number) => Buffer.alloc(count, 1)

function receive(room: BodyRoom, statedBytes?: number) {
  const stream = new PassThrough()
  return { stream, received: room.receive(stream, statedBytes) }
}

/** The body that gives up its place must free some room. */
const oldestSentNothing = [
  { body: 2, write: 0, end: false },
  { body: 0, write: 16, end: false },
  { body: 1, write: 11, end: false },
  { body: 0, write: 27, end: false },
  { body: 3, write: 17, end: false },
  { body: 3, write: 30, end: false },
]

/** Streams pass data on one turn of the event loop later. */
const aTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('bodies', () => {
  test('arrive whole, and hold their bytes until they are released', async () => {
    const room = new BodyRoom({ bytes: 100, bytesPerBody: 50 })
    const { stream, received } = receive(room)
    stream.write('first ')
    stream.end('second')
    const { body, release } = await received
    expect(body.toString()).toBe('first second')
    expect(room.held).toBe(12)
    release()
    release()
    expect(room.held).toBe(0)
  })

  test('that are too large are refused: at once by their stated size, or when they exceed it', async () => {
    const room = new BodyRoom({ bytes: 100, bytesPerBody: 50 })
    await expect(receive(room, 51).received).rejects.toThrow('larger than openbatch takes')
    const { stream, received } = receive(room)
    stream.write(bytes(30))
    stream.write(bytes(30))
    await expect(received).rejects.toThrow('larger than openbatch takes')
    expect(room.held).toBe(0)
  })

  test('that are cut short leave nothing behind', async () => {
    const room = new BodyRoom({ bytes: 100, bytesPerBody: 50 })
    const { stream, received } = receive(room)
    stream.write(bytes(30))
    await aTurn()
    stream.destroy()
    await expect(received).rejects.toThrow('cut short')
    expect(room.held).toBe(0)
  })

  test('that arrive longest give up their place to others', async () => {
    const room = new BodyRoom({ bytes: 100, bytesPerBody: 50 })
    const slow = [receive(room), receive(room)]
    const cutOff = slow.map(({ received }) => received.catch((error: Error) => error.message))
    for (const { stream } of slow) stream.write(bytes(45))
    await aTurn()
    const quick = receive(room)
    quick.stream.end(bytes(40))
    expect((await quick.received).body.length).toBe(40)
    expect(await cutOff[0]).toBe('The request body came too slowly.')
    slow[1]!.stream.end()
    expect((await slow[1]!.received).body.length).toBe(45)
    expect(room.held).toBe(85)
  })

  test('never hold more than there is room for, in any order of arrivals and releases', async () => {
    const step = fc.record({ body: fc.nat(4), write: fc.nat(30), end: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const room = new BodyRoom({ bytes: 100, bytesPerBody: 50 })
        const open = new Map<number, ReturnType<typeof receive>>()
        const done: Promise<unknown>[] = []
        const finish = (body: number) => {
          open.get(body)?.stream.end()
          open.delete(body)
        }
        for (const { body, write, end } of steps) {
          const it = open.get(body) ?? receive(room)
          if (!open.has(body)) done.push(it.received.then(({ release }) => release()).catch(() => {}))
          open.set(body, it)
          it.stream.write(bytes(write))
          if (end) finish(body)
          await aTurn()
          expect(room.held).toBeLessThanOrEqual(100)
        }
        for (const body of [...open.keys()]) finish(body)
        await Promise.all(done)
        expect(room.held).toBe(0)
      }),
      { numRuns: 50, examples: [[oldestSentNothing]] },
    )
  })
})
