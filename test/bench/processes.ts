/**
 * Trivial process jobs per second through a whole server, compared with GNU parallel and a bare
 * Node spawn loop at the same width.
 */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { batchClient, register, runArray } from './jobs.ts'
import { type Compared, compare } from './rounds.ts'
import { root, serveOpenbatch } from './serving.ts'

const jobs = Number(process.env.OPENBATCH_BENCH_PROCESSES ?? 1000)
const rounds = Number(process.env.OPENBATCH_BENCH_ROUNDS ?? 3)

export async function measureProcesses(width: number): Promise<{ parallel: Compared; spawnLoop: Compared }> {
  if (!spawnSync('parallel', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU'))
    throw new Error('GNU parallel is not installed (Debian: parallel)')
  const serving = await serveOpenbatch('process', { OPENBATCH_DRIVERS_PROCESS_VCPUS: String(width) })
  const batch = batchClient(serving)
  try {
    await register(batch, 'none', ['true'])
    await runArray(batch, 10)
    const ours = () => runArray(batch, jobs)
    return {
      parallel: await compare(rounds, ours, () => gnuParallel(width)),
      spawnLoop: await compare(rounds, ours, () => spawnLoop(width)),
    }
  } finally {
    batch.destroy()
    await serving.stop()
  }
}

async function spawnLoop(width: number): Promise<number> {
  const script = join(root, 'test/bench/spawn-loop.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(jobs), String(width)])
  return Number(stdout)
}

async function gnuParallel(width: number): Promise<number> {
  const before = performance.now()
  const child = spawn('parallel', [`-j${width}`, 'true', '#'], { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.end(Array.from({ length: jobs }, (_, index) => `${index}\n`).join(''))
  await once(child, 'exit')
  return (jobs * 1000) / (performance.now() - before)
}

if (process.argv[1] === import.meta.filename) {
  const { parallel, spawnLoop } = await measureProcesses(2)
  console.table({ 'GNU parallel': parallel, 'Node spawn loop': spawnLoop })
}
