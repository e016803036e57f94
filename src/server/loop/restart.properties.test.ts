/** After any prefix of any life, the store gives back what was in memory. */
import fc from 'fast-check'
import { afterEach, describe, test } from 'vitest'
import { propertyRuns } from '../../core/property-runs.testing.ts'
import { makeRandomWorld } from '../../core/random-beginning.testing.ts'
import { life, take } from '../../core/random-world.testing.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import type { Store } from '../../store/store.ts'
import { TurnChanges } from './changes.ts'
import { expectSameAfterRestart } from './world.testing.ts'

const stores: [string, () => Store, number][] = [
  ['memory', createMemoryStore, 100],
  ['sqlite', () => openSqliteStore(':memory:'), 60],
]

describe.each(stores)('restart from the %s store', (_name, open, runs) => {
  let store: Store | undefined
  afterEach(() => store?.close())

  test('brings back jobs, children, bookings, waiting order and resources', () => {
    fc.assert(
      fc.property(life, (steps) => {
        store?.close()
        const following = open()
        store = following
        const world = makeRandomWorld((events, state) =>
          following.append(new TurnChanges(state, events).withCalls([], 0)),
        )
        for (const step of steps) {
          take(world, step)
          expectSameAfterRestart(world.state, following)
        }
      }),
      propertyRuns(runs),
    )
  })
})
