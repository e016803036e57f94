/** The short form of `npm run attack`. */
import { expect, test } from 'vitest'
import { attack } from './fill.ts'

test('a user who makes everything an ordinary key may make does not stop the server from answering, now and after a restart', async () => {
  const report = await attack({ seconds: 6, heapMib: 128, definitions: 3_000 })
  for (const [operation, counts] of Object.entries(report.answers)) {
    expect(counts.none ?? 0, `connections broken at ${operation}`).toBe(0)
    expect(counts['500'] ?? 0, `500 of ${operation}`).toBe(0)
  }
  expect(report.answers.RegisterJobDefinition?.['200']).toBeGreaterThan(3_000)
  // The heap, and what the process needs beside it: code, buffers, SQLite's pages.
  expect(report.mostResidentMib).toBeLessThan(128 + 300)
  expect(report.restartMs).toBeLessThan(60_000)
})
