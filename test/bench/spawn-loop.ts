/**
 * A bare Node spawn loop: `true` so many times, so many at once, and nothing kept; prints how many a second. A process of its own, as what a
 * spawn costs grows with the memory of the one who spawns.
 *
 *     node spawn-loop.ts JOBS WIDTH
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const [jobs = 1000, width = 2] = process.argv.slice(2).map(Number)
const before = performance.now()
let left = jobs
const lane = async () => {
  while (left-- > 0) await once(spawn('true', { stdio: 'ignore' }), 'exit')
}
await Promise.all(Array.from({ length: width }, lane))
process.stdout.write(`${(jobs * 1000) / (performance.now() - before)}\n`)
