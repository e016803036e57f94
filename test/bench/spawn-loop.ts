/**
 * A bare Node spawn loop: runs `true` JOBS times, WIDTH at once, and keeps nothing. Prints the rate
 * per second. It has a process of its own, because a spawn costs more the more memory the spawner
 * has.
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
