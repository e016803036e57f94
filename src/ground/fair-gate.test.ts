import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairGate, GateFull } from './fair-gate.ts'

const wide = { waiting: 1000, waitingOfEach: 1000 }

/** Work that ends on the test’s order. */
function piece(gate: FairGate, whose: string, begun: string[], signal?: AbortSignal) {
  const end = Promise.withResolvers<void>()
  const passed = gate.pass(
    whose,
    async () => {
      begun.push(whose)
      await end.promise
    },
    signal,
  )
  return { end: end.resolve, passed }
}

describe('a fair gate', () => {
  test('serves waiting owners in turn, whoever came first with however much', async () => {
    const gate = new FairGate({ width: 1, ...wide })
    const begun: string[] = []
    const pieces = ['ada', 'ada', 'ada', 'ada', 'bob', 'eve', 'bob'].map((whose) => piece(gate, whose, begun))
    for (const { end } of pieces) end()
    await Promise.all(pieces.map(({ passed }) => passed))
    expect(begun).toEqual(['ada', 'ada', 'bob', 'eve', 'ada', 'bob', 'ada'])
    expect(gate.waiting).toBe(0)
  })

  test('refuses work that finds no room in the line, for one owner and in all', async () => {
    const gate = new FairGate({ width: 1, waiting: 3, waitingOfEach: 2 })
    const begun: string[] = []
    const pieces = ['ada', 'ada', 'ada'].map((whose) => piece(gate, whose, begun))
    await expect(gate.pass('ada', () => 'more')).rejects.toThrow(GateFull)
    pieces.push(piece(gate, 'bob', begun))
    await expect(gate.pass('eve', () => 'more')).rejects.toThrow(GateFull)
    for (const { end } of pieces) end()
    await Promise.all(pieces.map(({ passed }) => passed))
    expect(await gate.pass('eve', () => 'now')).toBe('now')
  })

  test('forgets callers that give up, and continues when work fails', async () => {
    const gate = new FairGate({ width: 1, ...wide })
    const begun: string[] = []
    const first = piece(gate, 'ada', begun)
    const abort = new AbortController()
    const second = piece(gate, 'bob', begun, abort.signal)
    const third = gate.pass('eve', () => Promise.reject(new Error('broken')))
    abort.abort(new Error('hung up'))
    await expect(second.passed).rejects.toThrow('hung up')
    expect(gate.waiting).toBe(1)
    first.end()
    await expect(third).rejects.toThrow('broken')
    expect(begun).toEqual(['ada'])
    await expect(gate.pass('bob', () => 1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    expect(await gate.pass('bob', () => 'free')).toBe('free')
  })

  test('never runs more than its width, and everything gets through', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(3), { maxLength: 30 }), async (width, whose) => {
        const gate = new FairGate({ width, ...wide })
        let [inside, most] = [0, 0]
        await Promise.all(
          whose.map((who) =>
            gate.pass(String(who), async () => {
              most = Math.max(most, ++inside)
              await Promise.resolve()
              inside--
            }),
          ),
        )
        expect(most).toBe(Math.min(width, whose.length))
        expect([inside, gate.waiting]).toEqual([0, 0])
      }),
    )
  })
})
