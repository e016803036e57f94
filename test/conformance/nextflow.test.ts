/**
 * Nextflow's calls against a real server, in the order in which it makes them, on the process
 * driver with our own object store and the job's own credentials.
 */
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest'
import { startServer, type TestServer, tail } from '../support/openbatch-server.ts'
import { Manager } from './workflows/manager.ts'
import { definitionFor, errorOf, exitOf, submit, type Task } from './workflows/nextflow.ts'

describe.runIf(process.getuid?.() === 0)('Nextflow’s calls', () => {
  let server: TestServer
  let nextflow: Manager
  let jobDefinition: string

  beforeAll(async () => {
    // Scratch space is mounted at /tmp, where the server's files must not be.
    server = await startServer({ driver: 'process', directory: '/var/tmp' })
    nextflow = new Manager(server.endpoint, server.administrator, 'nf-work')
    await nextflow.makeBucket()
    jobDefinition = await definitionFor(nextflow, 'quay.io/lab/ubuntu:24.04')
  })
  afterAll(async () => {
    nextflow?.close()
    await server?.stop()
  })

  async function run(tasks: readonly Task[], memoryMib?: number) {
    onTestFailed(() => console.error(`the server said:\n${tail(server.log())}`))
    const ids = await submit(nextflow, tasks, { jobDefinition, ...(memoryMib && { memoryMib }) })
    const jobs = await nextflow.ended(ids)
    return ids.map((id) => jobs.get(id)!)
  }

  test('a definition is registered once for its image and settings', async () => {
    expect(await definitionFor(nextflow, 'quay.io/lab/ubuntu:24.04')).toBe(jobDefinition)
  })

  test('an array scatters over files with difficult names, and one task collects', async () => {
    const names = ['sample_(1 2).vcf', '.alpha', 'plain.txt']
    for (const name of names) await nextflow.put(`data/${name}`, `of ${name}\n`)
    const scatter = names.map((name, index) => ({
      ...{ folder: `work/a${index}/0`, inputs: { [name]: `data/${name}` }, outputs: ["'count of lines.txt'"] },
      script: `mkdir -p sub; wc -l < '${name}' > 'count of lines.txt'; echo counted`,
    }))
    const jobs = await run(scatter)
    expect(jobs.map(({ status }) => status)).toEqual(names.map(() => 'SUCCEEDED'))
    expect(await Promise.all(jobs.map((job, at) => exitOf(nextflow, scatter[at]!, job)))).toEqual([0, 0, 0])
    expect(await nextflow.get('work/a1/0/.command.begin')).toBe('start\n')
    expect(await nextflow.log(jobs[0]!)).toEqual(['counted'])

    const inputs = Object.fromEntries(scatter.map(({ folder }, at) => [`in${at}`, `${folder}/count of lines.txt`]))
    const gather = {
      folder: 'work/g/0',
      inputs,
      script: 'cat in* > all; mkdir sub; cp all sub/',
      outputs: ['all', 'sub'],
    }
    const [job] = await run([gather])
    expect(job).toMatchObject({ status: 'SUCCEEDED', container: { exitCode: 0 } })
    expect(await nextflow.get('work/g/0/sub/all')).toBe('1\n1\n1\n')
    expect(await nextflow.get('work/g/0/.exitcode')).toBe('0')
  })

  test('a task that fails ends with its own exit code, and its files say why', async () => {
    const task = { folder: 'work/f/0', script: 'echo broken >&2; exit 7' }
    const [job] = await run([task])
    expect(job).toMatchObject({ status: 'FAILED', container: { exitCode: 7 } })
    expect(errorOf(job!)).toBe('Essential container in task exited')
    expect(await nextflow.get('work/f/0/.command.err')).toBe('broken\n')
    expect(await nextflow.get('work/f/0/.exitcode')).toBe('7')
  })

  test('a task that runs out of memory says so, and its retry with more succeeds', async () => {
    const script = `head -c 100000000 /dev/zero | tail -c 99999999 > /dev/null && echo held`
    const [first] = await run([{ folder: 'work/o/1', script }], 64)
    expect(first!.status).toBe('FAILED')
    expect(await exitOf(nextflow, { folder: 'work/o/1', script }, first!)).toBe(137)
    const [second] = await run([{ folder: 'work/o/2', script }], 256)
    expect(second!.status).toBe('SUCCEEDED')
  })

  test('a resumed run finds what the first one stored, and runs nothing again', async () => {
    const task = { folder: 'work/r/0', script: 'echo done > result', outputs: ['result'] }
    await run([task])
    expect([await nextflow.get('work/r/0/.exitcode'), await nextflow.get('work/r/0/result')]).toEqual(['0', 'done\n'])
    expect(await nextflow.get('work/r/1/.exitcode')).toBeUndefined()
  })
})
