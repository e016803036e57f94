/** The heap returns items by time, and items of one time in the order they were added. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventHeap } from './event-heap.ts'

test('is empty at first', () => {
  const heap = new EventHeap<string>()
  expect([heap.size, heap.nextAtMs, heap.pop()]).toEqual([0, undefined, undefined])
})

test('returns what a stable sort would, whatever is taken meanwhile', () => {
  const steps = fc.array(fc.oneof(fc.record({ push: fc.nat(9) }), fc.constant('pop' as const)), { maxLength: 200 })
  fc.assert(
    fc.property(steps, (taken) => {
      const heap = new EventHeap<number>()
      const model: { atMs: number; item: number }[] = []
      let item = 0
      for (const step of taken) {
        if (step === 'pop') {
          model.sort((a, b) => a.atMs - b.atMs || a.item - b.item)
          expect(heap.nextAtMs).toBe(model[0]?.atMs)
          expect(heap.pop()).toBe(model.shift()?.item)
        } else {
          heap.push(step.push, ++item)
          model.push({ atMs: step.push, item })
        }
        expect(heap.size).toBe(model.length)
      }
    }),
  )
})
