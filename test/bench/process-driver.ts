import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptSpec } from '../../src/drivers/driver.ts'
import { createProcessDriver } from '../../src/drivers/process/process-driver.ts'

/**
 * How many trivial attempts (`true`) the process driver carries through per second (start, output,
 * end, remove), compared with a bare Node spawn loop and GNU parallel on the same machine in the
 * same minutes. Rounds alternate, and medians count.
 *
 *     node test/bench/process-driver.ts [ATTEMPTS] [WIDTH] [ROUNDS]
 */
const [attempts = 600, width = 2, rounds = 5] = process.argv.slice(2).map(Number)

async function perSecond(one: (index: number) => Promise<void>): Promise<number> {
  let next = 0
  const lane = async () => {
    while (next < attempts) await one(next++)
  }
  const before = performance.now()
  await Promise.all(Array.from({ length: width }, lane))
  return (attempts * 1000) / (performance.now() - before)
}

const bareSpawn = () =>
  perSecond(async () => {
    await once(spawn('true', { stdio: 'ignore' }), 'exit')
  })

async function processDriver(): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), 'openbatch-bench-'))
  const driver = createProcessDriver({ dataDir })
  try {
    return await perSecond(async (index) => {
      const name = `bench-${index}-1`
      const outcome = await driver.start(specOf(name))
      if (outcome.kind !== 'started') throw new Error(JSON.stringify(outcome))
      for await (const _ of driver.streamLogs(name, undefined, new AbortController().signal)) throw new Error('output')
      const end = (await driver.inspect([name])).get(name)
      if (end?.kind !== 'exited' || end.exitCode !== 0) throw new Error(JSON.stringify(end))
      await driver.remove(name)
    })
  } finally {
    await driver.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function gnuParallel(): Promise<number | undefined> {
  if (!spawnSync('parallel', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU')) return undefined
  const before = performance.now()
  const child = spawn('parallel', [`-j${width}`, 'true', '#'], { stdio: ['pipe', 'ignore', 'ignore'] })
  child.stdin.end(Array.from({ length: attempts }, (_, index) => `${index}\n`).join(''))
  await once(child, 'exit')
  return (attempts * 1000) / (performance.now() - before)
}

function specOf(name: string): AttemptSpec {
  return {
    name,
    jobId: name,
    attempt: 1,
    image: 'none',
    command: ['true'],
    environment: { AWS_BATCH_JOB_ID: name, AWS_BATCH_JOB_ATTEMPT: '1', AWS_BATCH_JQ_NAME: 'default' },
    vcpus: 1,
    cpuIsHardLimit: false,
    memoryMib: 128,
    gpus: 0,
    privileged: false,
    readonlyRootFilesystem: false,
    mounts: [],
    ulimits: [],
    labels: {},
  }
}

const figures: Record<string, number[]> = { 'process driver': [], 'bare Node spawn': [], 'GNU parallel': [] }
for (let round = 0; round < rounds; round++) {
  figures['process driver']!.push(await processDriver())
  figures['bare Node spawn']!.push(await bareSpawn())
  const parallel = await gnuParallel()
  if (parallel !== undefined) figures['GNU parallel']!.push(parallel)
}
const median = (values: readonly number[]) => [...values].sort((one, other) => one - other)[values.length >> 1]
const driver = median(figures['process driver']!)!
console.log(`${attempts} times \`true\`, width ${width}, median of ${rounds} rounds:`)
for (const [what, values] of Object.entries(figures)) {
  const own = median(values)
  if (own === undefined) console.log(`${what.padEnd(16)} not installed`)
  else console.log(`${what.padEnd(16)} ${own.toFixed(0).padStart(6)} /s   driver/this ${(driver / own).toFixed(2)}`)
}
