/**
 * The short form of `npm run bench -- --only searches`: many searches of a log leave the server
 * answering.
 */
import { expect, test } from 'vitest'
import { measureSearches } from '../bench/log-searches.ts'

test('other calls are answered while many searches run', async () => {
  const { calls, meanwhileMs } = await measureSearches(16, 4)
  expect(calls).toBeGreaterThan(10)
  // This took seconds before searches took turns. The bound is far above what a loaded machine
  // needs now.
  expect(meanwhileMs).toBeLessThan(1000)
})
