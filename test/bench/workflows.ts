/**
 * The wall time of 200 tasks as Nextflow runs them, compared with the same commands under GNU
 * parallel at the same width, on the process driver. Each task has a folder in the object store,
 * a launcher that fetches `.command.run` from there, and its output and exit code stored there; the
 * jobs are described 100 at a time every ten seconds, as Nextflow does. In between, the same commands as
 * jobs without the object store, described in the same way: what Batch's own part costs.
 *
 *     node test/bench/workflows.ts [TASKS]
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DescribeJobsCommand, RegisterJobDefinitionCommand, SubmitJobCommand } from '@aws-sdk/client-batch'
import { Manager } from '../conformance/workflows/manager.ts'
import { definitionFor, submit, type Task } from '../conformance/workflows/nextflow.ts'
import { administrator, cpuMs, type Serving, serveOpenbatch } from './serving.ts'

export const workflowTasks = 200
/** Needs no core, so that the cores belong to what is measured. */
const script = 'sleep 1; echo done > output.txt'
const output = 'output.txt'
const pollEveryMs = 10_000
const described = 100
/** Nextflow submits from several threads. */
const submitters = 10
const withinMs = 1_800_000

export interface WorkflowFigures {
  /** From the first call until the last task was seen to have ended, s. */
  readonly nextflowSeconds: number
  readonly jobsSeconds: number
  readonly parallelSeconds: number
  /** CPU time of the server for each task of the first kind, ms. */
  readonly serverCpuMs: number
  /** Of the last minute, before and after: how much else the machine did. */
  readonly loadBefore: number
  readonly loadAfter: number
}

export async function measureWorkflows(width: number, tasks = workflowTasks): Promise<WorkflowFigures> {
  if (!spawnSync('parallel', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU'))
    throw new Error('GNU parallel is not installed (Debian: parallel)')
  const loadBefore = loadavg()[0]!
  const parallelSeconds = await gnuParallel(width, tasks)
  // Scratch space is mounted at /tmp, where the server's files must not be.
  const serving = await serveOpenbatch('process', { OPENBATCH_DRIVERS_PROCESS_VCPUS: String(width) }, '/var/tmp')
  const manager = new Manager(serving.endpoint, administrator(serving), 'nf-work')
  try {
    await manager.makeBucket()
    const jobsSeconds = await jobsAlone(manager, tasks)
    const { seconds: nextflowSeconds, cpu } = await nextflow(manager, serving, tasks)
    return {
      nextflowSeconds,
      jobsSeconds,
      parallelSeconds,
      serverCpuMs: cpu / tasks,
      loadBefore,
      loadAfter: loadavg()[0]!,
    }
  } finally {
    manager.close()
    await serving.stop()
  }
}

async function nextflow(manager: Manager, serving: Serving, tasks: number) {
  const jobDefinition = await definitionFor(manager, 'lab/tools:1')
  const taskOf = (index: number): Task => ({ folder: `work/${index}`, script, outputs: [output] })
  // The supplied `aws` command is made when a job first asks for it.
  await untilEnded(manager, await submit(manager, [taskOf(tasks)], { jobDefinition }), 100)
  const cpuBefore = cpuMs(serving.pid)
  const seconds = await timed(async () => {
    const ids = await submitAll(tasks, async (index) => (await submit(manager, [taskOf(index)], { jobDefinition }))[0]!)
    await untilEnded(manager, ids, pollEveryMs)
  })
  const cpu = cpuMs(serving.pid) - cpuBefore
  for (let index = 0; index < tasks; index++) {
    const exit = await manager.get(`work/${index}/.exitcode`)
    if (exit !== '0' || !(await manager.get(`work/${index}/${output}`)))
      throw new Error(`task ${index} ended with ${exit}, and perhaps without its output`)
  }
  return { seconds, cpu }
}

/** The same commands without a launcher, inputs and outputs. */
async function jobsAlone(manager: Manager, tasks: number): Promise<number> {
  const { jobDefinitionArn: jobDefinition } = await manager.batch.send(
    new RegisterJobDefinitionCommand({
      ...{ jobDefinitionName: 'alone', type: 'container' },
      containerProperties: {
        ...{ image: 'none', command: ['bash', '-ue', '-c', script] },
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '256' },
        ],
      },
    }),
  )
  const one = async () => {
    const input = { jobName: 'alone', jobQueue: 'default', jobDefinition }
    return (await manager.batch.send(new SubmitJobCommand(input))).jobId!
  }
  return timed(async () => untilEnded(manager, await submitAll(tasks, one), pollEveryMs))
}

async function submitAll(tasks: number, one: (index: number) => Promise<string>): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const lane = async () => {
    while (next < tasks) ids.push(await one(next++))
  }
  await Promise.all(Array.from({ length: submitters }, lane))
  return ids
}

/** Throws if one failed. */
async function untilEnded(manager: Manager, ids: readonly string[], everyMs: number): Promise<void> {
  const endMs = performance.now() + withinMs
  let running = [...ids]
  while (running.length > 0) {
    if (performance.now() > endMs) throw new Error(`${running.length} jobs did not end`)
    await delay(everyMs)
    const ended = new Set<string>()
    for (let at = 0; at < running.length; at += described) {
      const { jobs = [] } = await manager.batch.send(
        new DescribeJobsCommand({ jobs: running.slice(at, at + described) }),
      )
      for (const { jobId, status, statusReason } of jobs) {
        if (status === 'FAILED') throw new Error(`${jobId} failed: ${statusReason}`)
        if (status === 'SUCCEEDED') ended.add(jobId!)
      }
    }
    running = running.filter((id) => !ended.has(id))
  }
}

async function gnuParallel(width: number, tasks: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'openbatch-parallel-'))
  try {
    return await timed(async () => {
      const child = spawn('parallel', [`-j${width}`], { cwd: folder, stdio: ['pipe', 'ignore', 'inherit'] })
      const lines = Array.from(
        { length: tasks },
        (_, index) => `mkdir ${index} && cd ${index} && bash -ue -c '${script}'\n`,
      )
      child.stdin.end(lines.join(''))
      const [code] = await once(child, 'exit')
      if (code !== 0) throw new Error(`GNU parallel ended with ${code}`)
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const before = performance.now()
  await work()
  return (performance.now() - before) / 1000
}

if (process.argv[1] === import.meta.filename)
  console.table(await measureWorkflows(2, Number(process.argv[2] ?? workflowTasks)))
